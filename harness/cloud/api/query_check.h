#pragma once
// What a list's query may hold, as Nova's query schemas say it: names by microversion, numbers,
// times and patterns that are some, and, where the release of the API is strict, nothing else.

#include "http/message.h"

#include <string_view>
#include <vector>

namespace vtpmlab::cloud {

struct QueryField {
    enum class Kind { text, number, pattern, time };
    std::string_view name;
    Kind kind = Kind::text;
    int since = 1; // the minor of 2.N
};

// `strict_since`: from that minor on an unknown name is refused; before, it is let pass.
[[nodiscard]] http::Outcome<void>
check_query(const http::Request& request, const std::vector<QueryField>& fields, int strict_since);

// The 400 of one value.
[[nodiscard]] http::Outcome<void> check_number(std::string_view name, std::string_view value);
[[nodiscard]] tl::unexpected<http::Fault>
invalid_query(std::string_view name, std::string_view value, std::string_view complaint);

} // namespace vtpmlab::cloud
