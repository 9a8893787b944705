#pragma once
// The faults a scenario injects: read from values whose shape is right, and judged for what their
// shape cannot say, which keys go together.

#include "scenario/load_errors.h"
#include "scenario/located.h"
#include "scenario/scenario.h"

#include <vtpmlab/fault_rule.h>

#include <optional>
#include <vector>

namespace vtpmlab::scenario {

// Of the file's own `faults:`.
[[nodiscard]] std::vector<PlacedFault> load_faults(const Located& file, LoadErrors& errors);
// Nothing for one that is wrong; then `errors` says why.
[[nodiscard]] std::optional<FaultRule> load_fault(const Located& fault, LoadErrors& errors);

} // namespace vtpmlab::scenario
