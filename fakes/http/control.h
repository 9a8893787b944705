#pragma once
// Who may steer a cloud from outside, at /__control of each of its services: whoever can read the
// file with the control token. It is no token of the simulated cloud; a service never gives it
// away, and the journal never sees it.

#include "http/adjustable_clock.h"
#include "http/message.h"

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace vtpmlab::http {

inline constexpr std::string_view control_path = "/__control";
inline constexpr const char* control_header = "X-Vtpmlab-Control";
inline constexpr const char* pristine_snapshot = "pristine"; // what /__control/reset restores

// Of a service's stores, under a name; either may be empty where there is no state.
struct StateKeeper {
    std::function<Status(const std::string& name)> snapshot;
    std::function<Status(const std::string& name)> restore; // kind usage: no such snapshot
};

class Control {
public:
    // Without a clock that can be moved (null), time cannot be steered.
    Control(SecretValue token, std::shared_ptr<AdjustableClock> clock)
        : token_(std::move(token)), clock_(std::move(clock)) {}

    // In constant time.
    [[nodiscard]] bool accepts(const Request& request) const;
    [[nodiscard]] AdjustableClock* clock() const { return clock_.get(); }
    [[nodiscard]] std::shared_ptr<const Clock> shared_clock() const { return clock_; }

private:
    SecretValue token_;
    std::shared_ptr<AdjustableClock> clock_;
};

class FaultPlan;

// How a service can be steered: both outlive it, and null is not at all.
struct Steering {
    FaultPlan* faults = nullptr;
    std::shared_ptr<const Control> control = {}; // /__control
};

// The token kept in that file; made, readable by nobody else, if there is no file. A file that
// others may read is refused.
[[nodiscard]] Result<SecretValue> control_token_in(const std::filesystem::path& file);

} // namespace vtpmlab::http
