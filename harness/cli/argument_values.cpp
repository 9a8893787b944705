#include "cli/argument_values.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace vtpmlab::cli {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 50; // as in a scenario

template <typename Number>
Result<Number> number_from(const std::string& option, const std::string& text, Number least,
                           Number most, Number otherwise, std::string hint) {
    if (text.empty())
        return otherwise;
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
        return usage_error(fmt::format("{} must be a number from {} to {}, not '{}'", option, least,
                                       most, printable(text, 80)),
                           std::move(hint));
    return number;
}

} // namespace

tl::unexpected<Error> usage_error(std::string message, std::string hint) {
    return fail(ErrorKind::usage, std::move(message), {}, std::move(hint));
}

Result<std::string> one_of(const std::string& option, const std::string& value,
                           const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), value) != words.end())
        return value;
    const auto near = did_you_mean(value, words);
    return usage_error(fmt::format("{} must be {} or {}, not '{}'", option, words.front(),
                                   words.back(), printable(value, 80)),
                       near ? fmt::format("did you mean '{}'?", *near) : std::string{});
}

Result<Depth> depth_of(const std::string& value) {
    VTPMLAB_TRY(const auto depth, one_of("--depth", value, {"guest", "model"}));
    return *parse_depth(depth);
}

Result<unsigned> number_of(const std::string& option, const std::string& text, NumberRange range,
                           unsigned otherwise, std::string hint) {
    return number_from(option, text, range.least, range.most, otherwise, std::move(hint));
}

Result<std::uint64_t> bytes_of(const std::string& option, const std::string& text,
                               std::uint64_t least, std::uint64_t otherwise, std::string hint) {
    return number_from(option, text, least, most_bytes, otherwise, std::move(hint));
}

} // namespace vtpmlab::cli
