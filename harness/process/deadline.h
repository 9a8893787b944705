#pragma once
// The one way to wait: until something is true or a point in time has passed, whichever is first.
// Looks again at growing intervals, from 1 ms to 50 ms. The caller says in the error what was seen.

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace vtpmlab {

class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] static Deadline in(std::chrono::milliseconds time) {
        return Deadline(Clock::now() + time);
    }

    [[nodiscard]] bool has_passed() const { return Clock::now() >= end_; }
    // Never negative, so that it can be given to poll().
    [[nodiscard]] std::chrono::milliseconds left() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        return std::max(left, std::chrono::milliseconds(0));
    }

private:
    explicit Deadline(Clock::time_point end) : end_(end) {}
    Clock::time_point end_;
};

// True when `probe` came true in time. It is asked at least once, even after the deadline.
template <typename Probe>
[[nodiscard]] bool wait_until(const Deadline& deadline, Probe&& probe) {
    auto interval = std::chrono::milliseconds(1);
    while (!std::forward<Probe>(probe)()) {
        if (deadline.has_passed())
            return false;
        std::this_thread::sleep_for(std::min(interval, deadline.left()));
        interval = std::min(interval * 2, std::chrono::milliseconds(50));
    }
    return true;
}

} // namespace vtpmlab
