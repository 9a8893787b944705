#pragma once
// A bounded number of threads that do the cloud's asynchronous work, oldest task first. What a
// real cloud casts over RPC (schedule, build, delete) is a task here.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vtpmlab::cloud {

class TaskPool {
public:
    explicit TaskPool(unsigned threads);
    ~TaskPool(); // stops
    TaskPool(const TaskPool&) = delete;
    TaskPool& operator=(const TaskPool&) = delete;

    // After stop() the task is dropped.
    void submit(std::function<void()> task);
    // Drops what has not begun and waits for what runs. More than once is fine.
    void stop();

private:
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace vtpmlab::cloud
