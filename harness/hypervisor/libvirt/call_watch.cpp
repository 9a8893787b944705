#include "hypervisor/libvirt/call_watch.h"

#include <algorithm>
#include <utility>

namespace vtpmlab {

CallWatch::CallWatch(std::chrono::milliseconds patience, std::function<void()> end_it)
    : patience_(patience), end_it_(std::move(end_it)), thread_([this] { run(); }) {}

CallWatch::~CallWatch() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

CallWatch::Call::Call(CallWatch& watch, std::string what, std::chrono::milliseconds patience)
    : watch_(watch) {
    {
        const std::lock_guard lock(watch.mutex_);
        running_ = watch.running_.insert(watch.running_.end(),
                                         {std::move(what), patience, Clock::now() + patience});
    }
    watch_.changed_.notify_all();
}

CallWatch::Call::~Call() {
    {
        const std::lock_guard lock(watch_.mutex_);
        watch_.running_.erase(running_);
    }
    watch_.changed_.notify_all();
}

std::optional<HungCall> CallWatch::hung() const {
    const std::lock_guard lock(mutex_);
    return hung_;
}

void CallWatch::forget() {
    {
        const std::lock_guard lock(mutex_);
        hung_.reset();
        // Ended, and only not back yet.
        for (auto& call : running_)
            if (call.until <= Clock::now())
                call.until = Clock::time_point::max();
    }
    changed_.notify_all();
}

void CallWatch::run() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        const auto first = std::min_element(
            running_.begin(), running_.end(),
            [](const auto& one, const auto& other) { return one.until < other.until; });
        if (hung_ || first == running_.end() || first->until == Clock::time_point::max()) {
            changed_.wait(lock);
        } else if (const auto until = first->until; Clock::now() < until) {
            changed_.wait_until(lock, until);
        } else {
            hung_ = HungCall{first->what, first->patience};
            lock.unlock();
            end_it_();
            lock.lock();
        }
    }
}

} // namespace vtpmlab
