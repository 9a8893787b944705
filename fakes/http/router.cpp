#include "http/router.h"

#include "http/percent.h"

#include <algorithm>

namespace vtpmlab::http {

namespace {

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment.front() == '{'; }

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    return pattern.size() == path.size() &&
           std::equal(pattern.begin(), pattern.end(), path.begin(),
                      [](const std::string& expected, const std::string& actual) {
                          return is_parameter(expected) ? !actual.empty() : expected == actual;
                      });
}

} // namespace

std::optional<std::vector<std::string>> decoded_segments(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty() && path.front() == '/') {
        path.remove_prefix(1);
        const auto slash = path.find('/');
        auto segment = percent_decode(path.substr(0, slash), PlusIs::plus);
        if (!segment)
            return std::nullopt;
        segments.push_back(std::move(*segment));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    }
    if (!segments.empty() && segments.back().empty())
        segments.pop_back();
    return segments;
}

Router::Router(std::vector<Route> routes) {
    for (auto& route : routes) {
        auto segments = decoded_segments(route.path);
        entries_.push_back({std::move(route), segments.value_or(std::vector<std::string>())});
    }
    // Literal segments before parameters at the first place where two templates differ in kind.
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
        return std::lexicographical_compare(a.segments.begin(), a.segments.end(),
                                            b.segments.begin(), b.segments.end(),
                                            [](const std::string& x, const std::string& y) {
                                                return is_parameter(x) < is_parameter(y);
                                            });
    });
}

Router::Match Router::find(std::string_view path, Request& request) const {
    Match match;
    const auto segments = decoded_segments(path);
    if (!segments)
        return match;
    const auto in_range = [&](const Route& route) {
        return request.microversion >= route.since && request.microversion <= route.until;
    };
    bool is_of_another_version = false;
    for (const auto& entry : entries_) {
        if (!matches(entry.segments, *segments))
            continue;
        // HEAD is GET without the body, unless the table says otherwise.
        const bool serves = entry.route.method == request.method ||
                            (request.method == "HEAD" && entry.route.method == "GET");
        if (!in_range(entry.route)) {
            is_of_another_version |= serves;
            continue;
        }
        if (!serves) {
            match.allowed.push_back(entry.route.method);
            continue;
        }
        match.route = &entry.route;
        for (std::size_t i = 0; i < segments->size(); ++i)
            if (is_parameter(entry.segments[i]))
                request.parameters[entry.segments[i].substr(1, entry.segments[i].size() - 2)] =
                    (*segments)[i];
        return match;
    }
    if (is_of_another_version) {
        match.allowed.clear();
        return match;
    }
    std::sort(match.allowed.begin(), match.allowed.end());
    match.allowed.erase(std::unique(match.allowed.begin(), match.allowed.end()),
                        match.allowed.end());
    return match;
}

} // namespace vtpmlab::http
