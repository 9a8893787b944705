#pragma once
// Values as Python prints them: Glance's refusals quote values and pieces of its schema so.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::fakes::glance {

[[nodiscard]] std::string python_repr(const nlohmann::json& value);

// pprint.pformat(value, width): one line if it fits, else one line an item.
[[nodiscard]] std::string python_pretty(const nlohmann::json& value, std::size_t width);

} // namespace vtpmlab::fakes::glance
