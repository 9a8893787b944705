#include "glance/byte_range.h"

#include "glance/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vtpmlab::fakes::glance {

namespace {

std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return value;
}

tl::unexpected<http::Fault> unsatisfiable(std::string detail) {
    auto refusal = refuse(416, std::move(detail), std::string(as_detail));
    refusal.value().title = "Request Range Not Satisfiable"; // as WebOb has it
    return refusal;
}

tl::unexpected<http::Fault> bad_start(const char* header, std::uint64_t size) {
    return unsatisfiable(fmt::format("Invalid start position in {} header. Start position MUST be "
                                     "in the inclusive range [0, {}].",
                                     header, static_cast<std::int64_t>(size) - 1));
}

std::optional<std::string_view> without_prefix(std::string_view text, std::string_view prefix) {
    if (text.substr(0, prefix.size()) != prefix)
        return std::nullopt;
    return text.substr(prefix.size());
}

Outcome<std::optional<ByteRange>> bounded(const char* header, std::uint64_t first,
                                          std::optional<std::uint64_t> last, std::uint64_t size) {
    if (first >= size)
        return bad_start(header, size);
    return ByteRange{first, (last ? std::min(*last, size - 1) : size - 1) - first + 1};
}

// "bytes=2-5", "bytes=2-", "bytes=-5".
Outcome<std::optional<ByteRange>> of_range(std::string_view text, std::uint64_t size) {
    const auto invalid = [] { return unsatisfiable("Invalid Range header."); };
    if (text.find(',') != std::string_view::npos)
        return refuse(400,
                      "Requests with multiple ranges are not supported in Glance. You may make "
                      "multiple single-range requests instead.");
    const auto range = without_prefix(text, "bytes=");
    const auto dash = range ? range->find('-') : std::string_view::npos;
    if (dash == std::string_view::npos)
        return invalid();
    const auto left = range->substr(0, dash), right = range->substr(dash + 1);
    const auto first = number(left), last = number(right);
    if ((!left.empty() && !first) || (!right.empty() && !last) || (!first && !last) ||
        (first && last && *last < *first))
        return invalid();
    if (first)
        return bounded("Range", *first, last, size);
    // The last so many bytes. Of none the real one makes all.
    const std::uint64_t tail = *last == 0 ? size : std::min(*last, size);
    return bounded("Range", size - tail, std::nullopt, size);
}

// "bytes 2-5/10", "bytes 2-5/*".
Outcome<std::optional<ByteRange>> of_content_range(std::string_view text, std::uint64_t size) {
    const auto invalid = [] { return unsatisfiable("Invalid Content-Range header."); };
    const auto range = without_prefix(text, "bytes ");
    const auto dash = range ? range->find('-') : std::string_view::npos;
    const auto slash = range ? range->find('/') : std::string_view::npos;
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
        return invalid();
    const auto first = number(range->substr(0, dash));
    const auto last = number(range->substr(dash + 1, slash - dash - 1));
    const auto total = range->substr(slash + 1);
    if (!first || !last || *last < *first || (total != "*" && !number(total)))
        return invalid();
    return bounded("Content-Range", *first, last, size);
}

} // namespace

Outcome<std::optional<ByteRange>> byte_range(const http::Headers& headers, std::uint64_t size) {
    if (const std::string* range = headers.find("Range"))
        return of_range(*range, size);
    if (const std::string* range = headers.find("Content-Range"))
        return of_content_range(*range, size);
    return std::optional<ByteRange>();
}

} // namespace vtpmlab::fakes::glance
