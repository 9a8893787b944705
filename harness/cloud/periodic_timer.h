#pragma once
// Does tasks again and again, each at its own interval, on one thread of its own and in real time.
// Between them it sleeps. A task that takes longer than its interval is not begun twice at once.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vtpmlab::cloud {

struct PeriodicTask {
    std::chrono::milliseconds interval; // also before the first time
    std::function<void()> run;
};

class PeriodicTimer {
public:
    explicit PeriodicTimer(std::vector<PeriodicTask> tasks);
    // Waits for the task that runs, if one does.
    ~PeriodicTimer();
    PeriodicTimer(const PeriodicTimer&) = delete;
    PeriodicTimer& operator=(const PeriodicTimer&) = delete;

private:
    using Clock = std::chrono::steady_clock;
    struct Due {
        PeriodicTask task;
        Clock::time_point at;
    };
    void work();

    std::vector<Due> tasks_; // the thread's alone
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace vtpmlab::cloud
