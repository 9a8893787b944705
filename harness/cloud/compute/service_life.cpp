#include "cloud/compute/service_life.h"

namespace vtpmlab::cloud {

void ServiceLife::cast(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::running) {
            waiting_.push_back(std::move(task));
            return;
        }
        ++busy_;
    }
    run(task);
}

bool ServiceLife::call(const std::function<void()>& task) {
    {
        const std::lock_guard lock(mutex_);
        if (state_ != State::running)
            return false;
        ++busy_;
    }
    run(task);
    return true;
}

void ServiceLife::run(const std::function<void()>& task) {
    struct Busy {
        ServiceLife& life;
        ~Busy() {
            const std::lock_guard lock(life.mutex_);
            --life.busy_;
            life.idle_.notify_all();
        }
    } busy{*this};
    try {
        task();
    } catch (const ServiceDied& death) {
        // Another host's death is the failure of a call, which the operation sees itself.
        if (death.whose != this)
            throw;
    }
}

void ServiceLife::check() {
    const std::lock_guard lock(mutex_);
    if (is_dead())
        throw ServiceDied{this};
}

void ServiceLife::reached(std::string_view step) {
    const std::lock_guard lock(mutex_);
    if (!dies_after_.empty() && dies_after_ == step) {
        dies_after_.clear();
        state_ = State::dying;
    }
    if (is_dead())
        throw ServiceDied{this};
}

void ServiceLife::stop() {
    std::unique_lock lock(mutex_);
    if (state_ == State::running)
        state_ = State::stopping;
    idle_.wait(lock, [&] { return busy_ == 0; });
    state_ = State::down;
}

void ServiceLife::kill() {
    std::unique_lock lock(mutex_);
    state_ = State::dying;
    idle_.wait(lock, [&] { return busy_ == 0; });
    state_ = State::down;
}

void ServiceLife::kill_after(std::string step) {
    const std::lock_guard lock(mutex_);
    dies_after_ = std::move(step);
}

bool ServiceLife::is_running() const {
    const std::lock_guard lock(mutex_);
    return state_ == State::running;
}

void ServiceLife::begin_start() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return busy_ == 0; });
    state_ = State::starting;
}

void ServiceLife::abandon_start() {
    const std::lock_guard lock(mutex_);
    state_ = State::down;
}

void ServiceLife::finish_start() {
    for (;;) {
        std::vector<std::function<void()>> tasks;
        {
            const std::lock_guard lock(mutex_);
            if (state_ != State::starting)
                return; // it died of one of them
            if (waiting_.empty()) {
                state_ = State::running;
                return;
            }
            tasks.swap(waiting_);
            busy_ += static_cast<unsigned>(tasks.size());
        }
        for (const auto& task : tasks)
            run(task);
    }
}

} // namespace vtpmlab::cloud
