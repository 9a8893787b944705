#include "placement/names.h"

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

} // namespace

bool is_custom_name(std::string_view name) {
    return name.size() > 7 && name.size() <= 255 && name.substr(0, 7) == "CUSTOM_" &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               std::string_view::npos;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos)
            return parts;
        text = text.substr(at + 1);
    }
}

std::string stripped(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(white) + 1 - first));
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

// Back to the last % when the rest does not fit: linear in practice, never exponential.
bool matches_like(std::string_view text, std::string_view pattern) {
    std::size_t t = 0, p = 0, again_t = 0, again_p = std::string_view::npos;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '%') {
            again_p = ++p;
            again_t = t;
        } else if (p < pattern.size() &&
                   (pattern[p] == '_' || lower(pattern[p]) == lower(text[t]))) {
            ++p;
            ++t;
        } else if (again_p != std::string_view::npos) {
            p = again_p;
            t = ++again_t;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('%', p) == std::string_view::npos;
}

} // namespace vtpmlab::fakes::placement
