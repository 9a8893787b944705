#include "cloud/task_pool.h"

#include "client/cause.h"

#include <utility>

namespace vtpmlab::cloud {

TaskPool::TaskPool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

TaskPool::~TaskPool() { stop(); }

void TaskPool::submit(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            return;
        // The work belongs to the same request as the code that asks for it.
        tasks_.push_back([task = std::move(task), cause = client::Cause::current()] {
            const client::Cause same(cause);
            task();
        });
    }
    changed_.notify_one();
}

void TaskPool::stop() {
    std::deque<std::function<void()>> dropped;
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(tasks_);
        threads.swap(threads_);
    }
    changed_.notify_all();
    for (auto& thread : threads)
        thread.join();
}

void TaskPool::work() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (stopping_)
                return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

} // namespace vtpmlab::cloud
