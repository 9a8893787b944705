#pragma once
// JSON from strangers. Parsing is bounded in depth (the library's writer and destructor recurse)
// and never throws.

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::http {

inline constexpr int max_json_depth = 64;

// Nothing if the text is not JSON, not UTF-8, or nested too deep.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

// Whether parse_json() would take it, without making anything of it.
[[nodiscard]] bool is_json(std::string_view text);

// Whether brackets go deeper than that, which anybody must ask who parses by other means.
[[nodiscard]] bool nested_too_deep(std::string_view text);

// Never throws: bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dump_json(const nlohmann::json& value);

[[nodiscard]] bool is_utf8(std::string_view text);

} // namespace vtpmlab::http
