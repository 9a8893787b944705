#pragma once
// Times as the services write them, always UTC.

#include <vtpmlab/clock.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::http {

[[nodiscard]] std::string timestamp(Clock::Time time);              // 2026-11-22T02:45:28Z
[[nodiscard]] std::string timestamp_microseconds(Clock::Time time); // 2026-11-22T02:45:28.123456Z
[[nodiscard]] std::string timestamp_naive(Clock::Time time);        // 2026-11-22T02:45:28.123456
[[nodiscard]] std::string timestamp_http(Clock::Time time);         // Sun, 22 Nov 2026 02:45:28 GMT

// The first three, with or without a fraction, and the Z or an offset ("+00:00", which Python's
// isoformat() writes).
[[nodiscard]] std::optional<Clock::Time> parse_timestamp(std::string_view text);

} // namespace vtpmlab::http
