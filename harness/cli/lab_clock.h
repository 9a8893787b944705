#pragma once
// The system's time, moved forward by whoever runs the lab, and never back.

#include <vtpmlab/clock.h>

#include <atomic>

namespace vtpmlab::cli {

class LabClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        return system_.now() + std::chrono::microseconds(ahead_.load());
    }
    void advance(std::chrono::microseconds by) { ahead_ += by.count(); }

private:
    SystemClock system_;
    std::atomic<std::chrono::microseconds::rep> ahead_ = 0;
};

} // namespace vtpmlab::cli
