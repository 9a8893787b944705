#pragma once
// A watch on calls that may never return. Libvirt bounds none of its calls: keep-alives end those
// to a daemon that is silent as a whole, but one hung call in a daemon that is well otherwise waits
// for ever. Past its time the watch does, once, what makes the call return: the caller says what.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace vtpmlab {

struct HungCall {
    std::string call; // "start of domain 6f…"
    std::chrono::milliseconds patience{0};
};

class CallWatch {
public:
    using Clock = std::chrono::steady_clock;

    // `end_it` runs on the watch's own thread, once, and again only after forget().
    CallWatch(std::chrono::milliseconds patience, std::function<void()> end_it);
    CallWatch(const CallWatch&) = delete;
    CallWatch& operator=(const CallWatch&) = delete;
    // No call is being watched any more.
    ~CallWatch();

    // A call that runs for as long as this lives.
    class Call {
    public:
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        ~Call();

    private:
        friend class CallWatch;
        Call(CallWatch& watch, std::string what, std::chrono::milliseconds patience);
        struct Running {
            std::string what;
            std::chrono::milliseconds patience;
            Clock::time_point until;
        };
        CallWatch& watch_;
        std::list<Running>::iterator running_;
    };
    // Thread-safe. `more` is for a call that may take its own time as well.
    [[nodiscard]] Call begin(std::string what, std::chrono::milliseconds more = {}) {
        return Call(*this, std::move(what), patience_ + more);
    }

    // The first call that did not return in time. Thread-safe.
    [[nodiscard]] std::optional<HungCall> hung() const;
    // What the calls were made to works again.
    void forget();

private:
    void run();

    const std::chrono::milliseconds patience_;
    const std::function<void()> end_it_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Call::Running> running_;
    std::optional<HungCall> hung_;
    bool is_stopping_ = false;
    std::thread thread_;
};

} // namespace vtpmlab
