#pragma once
// The faults of one case. A fault that never acted has proved nothing, so the case does not pass.

#include "runner/verb.h"

#include <vtpmlab/fault_rule.h>
#include <vtpmlab/lab.h>

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab::runner {

// What they have met so far. An unmet expectation for the first that has not acted.
[[nodiscard]] VerbResult faults_that_acted(Lab& lab);

} // namespace vtpmlab::runner
