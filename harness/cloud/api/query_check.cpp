#include "cloud/api/query_check.h"

#include "cloud/api/pattern.h"
#include "http/timestamp.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {

tl::unexpected<http::Fault> invalid_query(std::string_view name, std::string_view value,
                                          std::string_view complaint) {
    return http::refuse(400, fmt::format("Invalid input for query parameters {}. Value: {}. {}",
                                         name, value, complaint));
}

http::Outcome<void> check_number(std::string_view name, std::string_view value) {
    if (value.empty())
        return invalid_query(name, value, "'' is too short");
    if (value.find_first_not_of("0123456789") != std::string_view::npos)
        return invalid_query(name, value, fmt::format("'{}' does not match '^[0-9]*$'", value));
    return {};
}

http::Outcome<void> check_query(const http::Request& request, const std::vector<QueryField>& fields,
                                int strict_since) {
    for (const auto& [name, value] : request.query) {
        const auto field =
            std::find_if(fields.begin(), fields.end(), [&, &name = name](const QueryField& one) {
                return one.name == name && one.since <= request.microversion.minor;
            });
        if (field == fields.end()) {
            if (request.microversion.minor >= strict_since)
                return http::refuse(
                    400, fmt::format("Additional properties are not allowed ('{}' was unexpected)",
                                     name));
            continue;
        }
        using Kind = QueryField::Kind;
        if (field->kind == Kind::number)
            VTPMLAB_CHECK(check_number(name, value));
        if (field->kind == Kind::pattern && !Pattern::parse(value))
            return invalid_query(name, value, fmt::format("'{}' is not a 'regex'", value));
        if (field->kind == Kind::time && !http::parse_timestamp(value))
            return invalid_query(name, value, fmt::format("'{}' is not a 'date-time'", value));
    }
    return {};
}

} // namespace vtpmlab::cloud
