#pragma once
// Arguments of a step that are themselves expectations, matched against what was found.

#include "report/result.h"
#include "runner/verb.h"
#include "scenario/match.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>

namespace vtpmlab::runner {

// Only these keys of the arguments (those that are there), with their places.
[[nodiscard]] scenario::Located only(const scenario::Located& args,
                                     std::initializer_list<const char*> keys);

// `found` itself when it matches, else the failure with the differences.
[[nodiscard]] VerbResult matched(const scenario::Located& expected, nlohmann::json found,
                                 const std::string& message,
                                 report::Finding finding = report::Finding::unexpected_result);

} // namespace vtpmlab::runner
