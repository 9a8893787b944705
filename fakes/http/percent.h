#pragma once
// Percent-encoding of URLs (RFC 3986), strict.

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::http {

enum class PlusIs { plus, space };

// Nothing on a broken escape, a NUL, or a result that is not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PlusIs plus);

// Everything but unreserved characters is escaped.
[[nodiscard]] std::string percent_encode(std::string_view text);

} // namespace vtpmlab::http
