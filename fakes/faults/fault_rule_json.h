#pragma once
// The grammar of faults: one table of fields, from which JSON is read here and scenarios take their
// shape. A rule is a map:
//
//     {service: barbican, method: POST, route: /v1/secrets, status: 500, times: 1}
//
// Nothing is guessed: a key the table does not have, two actions at once, words without the action
// they belong to are all errors, each at its key.

#include <vtpmlab/fault_rule.h>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab {

struct FaultField {
    enum class Kind {
        text,    // not empty
        word,    // one of `words`
        integer, // from `minimum` to `maximum`
        time,    // "250ms", "5s", "2m"
        flag,    // true
        body,    // a text, or a map or list that is sent as JSON
    };
    std::string name;
    Kind kind = Kind::text;
    std::vector<std::string> words = {};
    long minimum = 0;
    long maximum = 0;
    std::string help; // one line
};

// `service` is the only one that must be there.
[[nodiscard]] std::span<const FaultField> fault_fields();

struct FaultRuleError {
    std::string pointer; // JSON pointer of what is wrong; "" is the whole rule
    std::string message;
    std::string hint;
};

[[nodiscard]] tl::expected<FaultRule, FaultRuleError> parse_fault_rule(const nlohmann::json& rule);
// What parse_fault_rule reads back as the same value.
[[nodiscard]] nlohmann::json to_json(const FaultRule& rule);
// "status 500 before POST /v1/secrets of barbican by user nova": one line for people.
[[nodiscard]] std::string fault_text(const FaultRule& rule);

// "250ms", "5s", "2m", "3h"; nothing for anything else, zero and more than a week included.
inline constexpr std::string_view fault_time_pattern = "[0-9]{1,9}(ms|s|m|h)";
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_fault_time(std::string_view text);

inline constexpr std::chrono::minutes longest_fault_delay{10};

} // namespace vtpmlab
