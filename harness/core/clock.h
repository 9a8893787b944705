#pragma once
// Time as the cloud tells it: an injected wall clock, and the ISO 8601 form of the OpenStack APIs
// (UTC, whole seconds, "2026-08-21T10:00:00Z").

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab {

using WallTime = std::chrono::system_clock::time_point;
using WallClock = std::function<WallTime()>;

[[nodiscard]] std::string iso_time(WallTime time);

// Accepts fractions of a second and a missing Z, as Keystone and Barbican write them; everything is
// taken for UTC.
[[nodiscard]] std::optional<WallTime> parse_iso_time(std::string_view text);

} // namespace vtpmlab
