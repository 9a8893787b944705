#pragma once
// How Nova cuts a list: at most [api] max_limit at a time, beginning behind the marker, and behind
// every full page a link to the next one.

#include "http/message.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

inline constexpr std::size_t longest_page = 1000; // nova.conf [api] max_limit

// The refusal of a marker that is in no list, which is not the same everywhere.
enum class UnknownMarker {
    brackets,    // "marker [x] not found"
    as_sentence, // "Marker x could not be found."
};

struct Page {
    std::size_t limit = longest_page;
    const std::string* marker = nullptr; // none: from the beginning
};
// Of the query; the refusal is the schema's.
[[nodiscard]] http::Outcome<Page> requested_page(const http::Request& request);
[[nodiscard]] tl::unexpected<http::Fault> unknown_marker(UnknownMarker style,
                                                         const std::string& marker);
// The request's own URL with another marker.
[[nodiscard]] std::string next_link(const http::Request& request, const std::string& marker);

// Leaves one page of `items`. The URL of the next one, empty when there is none.
template <typename T, typename NameOf>
[[nodiscard]] http::Outcome<std::string>
cut_page(const http::Request& request, std::vector<T>& items, UnknownMarker style, NameOf name_of) {
    VTPMLAB_TRY(const auto page, requested_page(request));
    if (page.marker) {
        const auto at = std::find_if(items.begin(), items.end(),
                                     [&](const T& item) { return name_of(item) == *page.marker; });
        if (at == items.end())
            return unknown_marker(style, *page.marker);
        items.erase(items.begin(), at + 1);
    }
    if (items.size() < page.limit)
        return std::string();
    items.resize(page.limit);
    return items.empty() ? std::string() : next_link(request, name_of(items.back()));
}

} // namespace vtpmlab::cloud
