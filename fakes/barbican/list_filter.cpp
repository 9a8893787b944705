#include "barbican/list_filter.h"

#include "barbican/routes.h"
#include "http/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::array sort_keys = {"algorithm", "bit_length",  "created", "expiration", "mode",
                                  "name",      "secret_type", "status",  "updated"};

tl::unexpected<http::Fault> bad_query() {
    return http::refuse(400, "URI provided invalid query string parameters.");
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> pieces;
    for (;;) {
        const auto comma = text.find(',');
        pieces.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos)
            return pieces;
        text.remove_prefix(comma + 1);
    }
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix ? text.substr(prefix.size())
                                                   : std::string_view();
}

// "gte:2026-01-01T00:00:00,lt:2026-02-01T00:00:00": at most one bound a side, or one moment.
Outcome<TimeRange> range_of(const Request& request, std::string_view name) {
    TimeRange range;
    const auto text = filter_text(request, name);
    if (!text)
        return range;
    constexpr auto tick = Clock::Time::duration(1);
    for (const auto& piece : split(*text)) {
        const auto bound = [&](std::string_view prefix) {
            return http::parse_timestamp(without_prefix(piece, prefix));
        };
        if (const auto after = bound("gt:"); after && !range.first)
            range.first = *after + tick;
        else if (const auto from = bound("gte:"); from && !range.first)
            range.first = *from;
        else if (const auto before = bound("lt:"); before && !range.last)
            range.last = *before - tick;
        else if (const auto until = bound("lte:"); until && !range.last)
            range.last = *until;
        else if (const auto at = http::parse_timestamp(piece); at && !range.first && !range.last)
            range.first = range.last = *at;
        else
            return bad_query();
    }
    return range;
}

Outcome<std::vector<SortKey>> sort_of(const Request& request) {
    std::vector<SortKey> keys;
    const auto text = filter_text(request, "sort");
    if (!text)
        return keys;
    for (const auto& piece : split(*text)) {
        const auto colon = piece.find(':');
        const auto key = piece.substr(0, colon);
        const auto direction = colon == std::string::npos ? "asc" : piece.substr(colon + 1);
        const bool known = std::find(sort_keys.begin(), sort_keys.end(), key) != sort_keys.end();
        const bool again = std::any_of(keys.begin(), keys.end(),
                                       [&](const SortKey& other) { return other.key == key; });
        if (!known || again || (direction != "asc" && direction != "desc"))
            return bad_query();
        keys.push_back({key, direction == "asc" ? SortKey::Direction::ascending
                                                : SortKey::Direction::descending});
    }
    return keys;
}

std::optional<std::int64_t> bits_of(const Request& request) {
    const auto text = filter_text(request, "bits");
    std::int64_t bits = 0;
    if (!text)
        return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bits);
    if (error != std::errc() || end != text->data() + text->size() || bits <= 0)
        return std::nullopt;
    return bits;
}

bool is_true(const std::optional<std::string>& text) {
    constexpr std::string_view word = "true";
    return text && text->size() == word.size() &&
           std::equal(word.begin(), word.end(), text->begin(),
                      [](char a, char b) { return a == (b | 0x20); });
}

} // namespace

Outcome<SecretFilter> secret_filter(const Request& request) {
    SecretFilter filter;
    filter.project_id = request.caller->project_id;
    filter.name = filter_text(request, "name");
    filter.type = filter_text(request, "secret_type");
    filter.algorithm = filter_text(request, "alg");
    filter.mode = filter_text(request, "mode");
    filter.bit_length = bits_of(request);
    if (is_true(filter_text(request, "acl_only")))
        filter.acl_user = request.caller->user_id;
    VTPMLAB_TRY(filter.created, range_of(request, "created"));
    VTPMLAB_TRY(filter.updated, range_of(request, "updated"));
    VTPMLAB_TRY(filter.expiration, range_of(request, "expiration"));
    VTPMLAB_TRY(filter.sort, sort_of(request));
    filter.paging = paging_of(request);
    return filter;
}

} // namespace vtpmlab::fakes::barbican
