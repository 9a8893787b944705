#pragma once
// What Nova's views show for a column that may be empty.

#include "http/timestamp.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::cloud {

[[nodiscard]] inline nlohmann::json text_or_null(std::string_view text) {
    return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

// Without zone.
[[nodiscard]] inline nlohmann::json time_or_null(const std::optional<Clock::Time>& time) {
    return time ? nlohmann::json(http::timestamp_naive(*time)) : nlohmann::json();
}

} // namespace vtpmlab::cloud
