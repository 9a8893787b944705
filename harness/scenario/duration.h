#pragma once
// Times as scenarios write them: "90s", "2m", "1h".

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

namespace vtpmlab::scenario {

// From 1 s to 24 h; nothing for anything else.
[[nodiscard]] inline std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    if (text.size() < 2)
        return std::nullopt;
    const char* const unit = text.data() + text.size() - 1;
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), unit, number);
    if (error != std::errc{} || end != unit || number < 1 || number > 86400)
        return std::nullopt;
    const long factor = *unit == 's' ? 1 : *unit == 'm' ? 60 : *unit == 'h' ? 3600 : 0;
    const long total = number * factor;
    if (total < 1 || total > 86400)
        return std::nullopt;
    return std::chrono::seconds(total);
}

} // namespace vtpmlab::scenario
