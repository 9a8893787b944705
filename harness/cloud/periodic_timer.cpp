#include "cloud/periodic_timer.h"

#include <algorithm>
#include <utility>

namespace vtpmlab::cloud {

PeriodicTimer::PeriodicTimer(std::vector<PeriodicTask> tasks) {
    const auto now = Clock::now();
    for (auto& task : tasks) {
        const auto first = now + task.interval;
        tasks_.push_back({std::move(task), first});
    }
    if (!tasks_.empty())
        thread_ = std::thread([this] { work(); });
}

PeriodicTimer::~PeriodicTimer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void PeriodicTimer::work() {
    while (true) {
        auto& next =
            *std::min_element(tasks_.begin(), tasks_.end(),
                              [](const Due& left, const Due& right) { return left.at < right.at; });
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_until(lock, next.at, [this] { return stopping_; }))
                return;
        }
        next.task.run();
        next.at = Clock::now() + next.task.interval;
    }
}

} // namespace vtpmlab::cloud
