#include "http/uuid_like.h"

#include <algorithm>

namespace vtpmlab::http {

std::string canonical_uuid(std::string_view text) {
    std::string digits(text);
    for (const std::string_view decoration : {"urn:", "uuid:"})
        if (const auto at = digits.find(decoration); at != std::string::npos)
            digits.erase(at, decoration.size());
    const auto first = digits.find_first_not_of("{}");
    digits = first == std::string::npos
                 ? std::string()
                 : digits.substr(first, digits.find_last_not_of("{}") + 1 - first);
    std::erase(digits, '-');
    std::transform(digits.begin(), digits.end(), digits.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    if (digits.size() != 32 || digits.find_first_not_of("0123456789abcdef") != std::string::npos)
        return {};
    for (const std::size_t dash : {8, 13, 18, 23})
        digits.insert(dash, "-");
    return digits;
}

bool is_uuid_like(std::string_view text) { return !canonical_uuid(text).empty(); }

} // namespace vtpmlab::http
