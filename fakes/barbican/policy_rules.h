#pragma once
// Barbican's policy as it ships it: named rules in oslo.policy's own language, one table for the
// legacy defaults and one for the new ones. Barbican turns the new ones off by itself, even today.

#include <span>
#include <string_view>

namespace vtpmlab::fakes::barbican {

enum class PolicyDefaults { legacy, new_defaults };

struct PolicyRule {
    std::string_view name;
    std::string_view text;
};

// What the actions' rules are made of; the same in both tables.
[[nodiscard]] std::span<const PolicyRule> base_rules();
[[nodiscard]] std::span<const PolicyRule> action_rules(PolicyDefaults defaults);

} // namespace vtpmlab::fakes::barbican
