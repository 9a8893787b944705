#pragma once
// How the values of records.h stand in rows. For the store's own files only.

#include "barbican/records.h"
#include "store/database.h"

#include <optional>
#include <string>

namespace vtpmlab::fakes::barbican::rows {

[[nodiscard]] inline std::int64_t ticks(Clock::Time time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline Clock::Time time_of(std::int64_t value) {
    return Clock::Time(std::chrono::microseconds(value));
}

[[nodiscard]] inline store::Value or_null(const std::optional<std::string>& text) {
    return text ? store::Value(std::string_view(*text)) : store::Value(nullptr);
}
[[nodiscard]] inline store::Value or_null(const std::optional<std::int64_t>& number) {
    return number ? store::Value(*number) : store::Value(nullptr);
}
[[nodiscard]] inline store::Value or_null(const std::optional<Clock::Time>& time) {
    return time ? store::Value(ticks(*time)) : store::Value(nullptr);
}

enum class Counted { secrets, orders, containers, consumers };

// Whether the project has as many of these as it may, within the caller's transaction.
[[nodiscard]] bool quota_is_reached(store::Session& session, std::string_view project_id,
                                    Counted what);

} // namespace vtpmlab::fakes::barbican::rows
