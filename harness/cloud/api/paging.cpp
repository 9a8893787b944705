#include "cloud/api/paging.h"

#include "cloud/api/query_check.h"
#include "http/percent.h"

#include <fmt/format.h>

#include <charconv>

namespace vtpmlab::cloud {

http::Outcome<Page> requested_page(const http::Request& request) {
    Page page;
    page.marker = request.query.find("marker");
    if (const auto* text = request.query.find("limit")) {
        VTPMLAB_CHECK(check_number("limit", *text));
        std::size_t limit = 0;
        const auto read = std::from_chars(text->data(), text->data() + text->size(), limit);
        page.limit = read.ec == std::errc{} ? std::min(limit, longest_page) : longest_page;
    }
    return page;
}

tl::unexpected<http::Fault> unknown_marker(UnknownMarker style, const std::string& marker) {
    return http::refuse(400, style == UnknownMarker::brackets
                                 ? fmt::format("marker [{}] not found", marker)
                                 : fmt::format("Marker {} could not be found.", marker));
}

std::string next_link(const http::Request& request, const std::string& marker) {
    auto link = request.base_url + request.target.substr(0, request.target.find('?')) + "?";
    for (const auto& [name, value] : request.query)
        if (name != "marker")
            link += http::percent_encode(name) + "=" + http::percent_encode(value) + "&";
    return link + "marker=" + http::percent_encode(marker);
}

} // namespace vtpmlab::cloud
