#pragma once
// UUIDs as oslo's is_uuid_like takes them: with or without dashes, in braces or as a URN, in either
// case.

#include <string>
#include <string_view>

namespace vtpmlab::http {

[[nodiscard]] bool is_uuid_like(std::string_view text);
// The canonical form of such a text; "" of any other.
[[nodiscard]] std::string canonical_uuid(std::string_view text);

} // namespace vtpmlab::http
