#pragma once
// Texts and names, as several routes look at them.

#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::placement {

// "CUSTOM_" and more of A-Z, 0-9 and _; at most 255 characters.
[[nodiscard]] bool is_custom_name(std::string_view name);

// "a,,b" → {"a", "", "b"}; "" → {""}.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string stripped(std::string_view text); // of white space at both ends
[[nodiscard]] std::string lowered(std::string text);       // ASCII

// SQL's LIKE, which the real service filters traits with: % is any text, _ any character, and case
// does not count.
[[nodiscard]] bool matches_like(std::string_view text, std::string_view pattern);

} // namespace vtpmlab::fakes::placement
