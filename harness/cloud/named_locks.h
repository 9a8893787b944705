#pragma once
// One lock for each name, as long as somebody holds or waits for it: operations on one server, or
// downloads of one image, happen one after the other.

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace vtpmlab::cloud {

class NamedLocks {
public:
    class Held {
    public:
        explicit Held(std::shared_ptr<std::mutex> mutex)
            : mutex_(std::move(mutex)), lock_(*mutex_) {}

    private:
        std::shared_ptr<std::mutex> mutex_; // outlives lock_
        std::unique_lock<std::mutex> lock_;
    };

    [[nodiscard]] Held hold(const std::string& name) {
        std::shared_ptr<std::mutex> mutex;
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(locks_, [](const auto& entry) { return entry.second.expired(); });
            mutex = locks_[name].lock();
            if (!mutex)
                locks_[name] = mutex = std::make_shared<std::mutex>();
        }
        return Held(std::move(mutex));
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<std::mutex>> locks_;
};

} // namespace vtpmlab::cloud
