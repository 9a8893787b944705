#pragma once
// Values as Python prints them: the services quote values and pieces of their schemas so in their
// refusals.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::http {

// repr(value). An ordered value keeps the order of its keys, as a Python dict does.
[[nodiscard]] std::string python_repr(const nlohmann::json& value);
[[nodiscard]] std::string python_repr(const nlohmann::ordered_json& value);

// pprint.pformat(value, width): one line if it fits, else one line an item; keys sorted.
[[nodiscard]] std::string python_pretty(const nlohmann::json& value, std::size_t width);
[[nodiscard]] std::string python_pretty(const nlohmann::ordered_json& value, std::size_t width);

} // namespace vtpmlab::http
