#pragma once
// The steps of one case, and what can be said against them before they run: bindings used before
// they are made, fields a verb's result does not have, hosts the cloud does not have, matchers that
// are none.

#include "scenario/load_errors.h"
#include "scenario/located.h"
#include "scenario/scenario.h"

#include <string>
#include <vector>

namespace vtpmlab::scenario {

// `file` has the shape of a file and the values of one cell in it. A warning stands once in
// `warnings`, whatever the number of cases.
[[nodiscard]] std::vector<Step> load_steps(const Located& file, const CloudSpec& cloud,
                                           LoadErrors& errors, std::vector<std::string>& warnings);

} // namespace vtpmlab::scenario
