#include "http/headers.h"

#include <algorithm>

namespace vtpmlab::http {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
} // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* Headers::find(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (equals_ignoring_case(key, name))
            return &value;
    return nullptr;
}

std::string_view Headers::value(std::string_view name) const {
    const std::string* found = find(name);
    return found ? std::string_view(*found) : std::string_view();
}

void Headers::set(std::string_view name, std::string value) {
    for (auto& [key, existing] : fields_)
        if (equals_ignoring_case(key, name)) {
            existing = std::move(value);
            return;
        }
    fields_.emplace_back(name, std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_,
                  [&](const auto& field) { return equals_ignoring_case(field.first, name); });
}

} // namespace vtpmlab::http
