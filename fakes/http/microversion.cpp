#include "http/microversion.h"

#include <charconv>

namespace vtpmlab::http {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// The version part of `OpenStack-API-Version: compute 2.1, placement 1.36` for one service type.
std::optional<std::string> named_for(std::string_view service_type, std::string_view header) {
    while (!header.empty()) {
        const auto comma = header.find(',');
        const std::string_view item = trimmed(header.substr(0, comma));
        header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
        const auto space = item.find(' ');
        if (equals_ignoring_case(item.substr(0, space), service_type))
            return std::string(space == std::string_view::npos ? std::string_view()
                                                               : trimmed(item.substr(space)));
    }
    return std::nullopt;
}

std::optional<std::string> asked_version(const Headers& request, const MicroversionRange& range) {
    for (const auto& [name, value] : request)
        if (equals_ignoring_case(name, "OpenStack-API-Version"))
            if (auto version = named_for(range.service_type, value))
                return version;
    for (const auto& name : range.legacy_headers)
        if (const std::string* value = request.find(name))
            return std::string(trimmed(*value));
    return std::nullopt;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    if (text.empty() || text.size() > 6 || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

} // namespace

std::optional<Microversion> parse_microversion(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos)
        return std::nullopt;
    const auto major = number(text.substr(0, dot)), minor = number(text.substr(dot + 1));
    if (!major || !minor)
        return std::nullopt;
    return Microversion{*major, *minor};
}

tl::expected<Microversion, MicroversionRefusal> negotiate(const Headers& request,
                                                          const MicroversionRange& range) {
    using Reason = MicroversionRefusal::Reason;
    auto asked = asked_version(request, range);
    if (!asked)
        return range.assumed;
    if (*asked == "latest")
        return range.maximum;
    const auto version = parse_microversion(*asked);
    if (!version)
        return tl::unexpected(MicroversionRefusal{Reason::malformed, std::move(*asked)});
    if (*version < range.minimum || *version > range.maximum)
        return tl::unexpected(MicroversionRefusal{Reason::unacceptable, std::move(*asked)});
    return *version;
}

} // namespace vtpmlab::http
