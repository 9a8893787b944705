#pragma once
// Are the matchers of an expectation written right? Asked while loading, so that match() needs not.

#include "scenario/located.h"

#include <string>
#include <vector>

namespace vtpmlab::scenario {

struct MatcherFault {
    std::string pointer; // of the faulty part of the expectation
    std::string message;
    std::string hint;
};

[[nodiscard]] std::vector<MatcherFault> check_matchers(const nlohmann::json& expected);

// A map with one key, which names a matcher.
[[nodiscard]] bool is_matcher(const nlohmann::json& value);

} // namespace vtpmlab::scenario
