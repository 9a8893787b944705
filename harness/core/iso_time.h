#pragma once
// Times in the form of the OpenStack APIs: UTC, whole seconds, "2026-08-21T10:00:00Z".

#include <vtpmlab/clock.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab {

[[nodiscard]] std::string iso_time(Clock::Time time);

// Accepts fractions of a second, which it drops, and a missing Z, as Keystone and Barbican write
// them; everything is taken for UTC.
[[nodiscard]] std::optional<Clock::Time> parse_iso_time(std::string_view text);

} // namespace vtpmlab
