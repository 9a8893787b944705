#pragma once
// A cloud's clock that runs like the system's until somebody moves it on or stops it: so that a
// token or a secret runs out while one watches. It never goes back.

#include <vtpmlab/clock.h>

#include <chrono>
#include <mutex>
#include <optional>

namespace vtpmlab::http {

class AdjustableClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        const std::lock_guard lock(mutex_);
        return current();
    }
    // `by` is not negative.
    void advance(std::chrono::milliseconds by) {
        const std::lock_guard lock(mutex_);
        if (frozen_at_)
            *frozen_at_ += by;
        else
            ahead_ += by;
    }
    // Twice is the same as once.
    void freeze() {
        const std::lock_guard lock(mutex_);
        frozen_at_ = current();
    }
    // Runs on from where it was stopped.
    void thaw() {
        const std::lock_guard lock(mutex_);
        if (!frozen_at_)
            return;
        ahead_ = *frozen_at_ - system_.now();
        frozen_at_.reset();
    }
    [[nodiscard]] bool is_frozen() const {
        const std::lock_guard lock(mutex_);
        return frozen_at_.has_value();
    }

private:
    [[nodiscard]] Time current() const { return frozen_at_ ? *frozen_at_ : system_.now() + ahead_; }

    const SystemClock system_;
    mutable std::mutex mutex_;
    std::chrono::microseconds ahead_{0};
    std::optional<Time> frozen_at_;
};

} // namespace vtpmlab::http
