#pragma once
// The one clock of a simulated cloud. Token expiry, timestamps and the journal ask it, so that a
// test can move time. Deadlines of sockets and processes do not: they run on the steady clock.

#include <atomic>
#include <chrono>

namespace vtpmlab {

class Clock {
public:
    using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual Time now() const = 0; // thread-safe
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(
            std::chrono::system_clock::now());
    }
};

// Moves only when told to.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) : now_(start.time_since_epoch().count()) {}
    [[nodiscard]] Time now() const override { return Time(std::chrono::microseconds(now_.load())); }
    void advance(std::chrono::microseconds by) { now_ += by.count(); }

private:
    std::atomic<std::chrono::microseconds::rep> now_;
};

} // namespace vtpmlab
