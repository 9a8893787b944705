#include "neutron/paging.h"

#include "http/percent.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace vtpmlab::fakes::neutron {

using nlohmann::json;

namespace {

enum class Limit { none, some };

// What Python's int() takes: spaces around, a sign, single underscores between the digits.
std::optional<Limit> limit_from(std::string_view text) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos)
        return std::nullopt;
    text = text.substr(first, text.find_last_not_of(spaces) - first + 1);
    const bool is_negative = text.front() == '-';
    if (is_negative || text.front() == '+')
        text.remove_prefix(1);
    bool is_after_digit = false, is_zero = true;
    for (const char c : text) {
        if (c == '_' ? !is_after_digit : std::isdigit(static_cast<unsigned char>(c)) == 0)
            return std::nullopt;
        is_after_digit = c != '_';
        is_zero = is_zero && (c == '_' || c == '0');
    }
    if (!is_after_digit || (is_negative && !is_zero))
        return std::nullopt;
    return is_zero ? Limit::none : Limit::some;
}

// Of a field that is there twice, webob gives the last.
std::string_view last(const http::Query& query, std::string_view name) {
    const auto all = query.all(name);
    return all.empty() ? std::string_view() : all.back();
}

// As urlencode() writes it: a space is a plus.
std::string encoded(std::string_view text) {
    std::string result = http::percent_encode(text);
    for (std::size_t at = 0; (at = result.find("%20", at)) != std::string::npos; ++at)
        result.replace(at, 3, "+");
    return result;
}

std::string link(const http::Request& request, std::string_view more) {
    std::string fields;
    for (const auto& [name, value] : request.query)
        if (name != "marker" && name != "page_reverse")
            fields += (fields.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
    return request.base_url + request.target.substr(0, request.target.find('?')) + "?" + fields +
           std::string(more);
}

} // namespace

http::Outcome<json> page_links(const http::Request& request, const MarkerMissing& missing) {
    if (!request.query.contains("limit"))
        return json(nullptr);
    const auto asked = last(request.query, "limit");
    const auto limit = limit_from(asked);
    if (!limit)
        return http::refuse(400,
                            fmt::format("Bad limit request: Limit must be an integer 0 or greater "
                                        "and not '{}'.",
                                        asked),
                            "BadRequest");
    if (*limit == Limit::none)
        return json(nullptr);
    const auto marker = last(request.query, "marker");
    if (!marker.empty() && missing.message)
        return http::refuse(404, fmt::format(fmt::runtime(missing.message), marker), missing.type);

    // Python's lower(); an empty page has no next one, but for all it knows one before.
    std::string reverse(last(request.query, "page_reverse"));
    std::transform(reverse.begin(), reverse.end(), reverse.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const json one = reverse == "true"
                         ? json{{"rel", "next"}, {"href", link(request, "")}}
                         : json{{"rel", "previous"}, {"href", link(request, "&page_reverse=True")}};
    return json::array({one});
}

} // namespace vtpmlab::fakes::neutron
