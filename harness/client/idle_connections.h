#pragma once
// Connections that wait for their next request, one pool for the process: half of a small request's
// cost is opening and closing a connection of its own. Bounded in number and in age, so that none
// is met by a server that has just given it up.

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace vtpmlab::client {

class IdleConnections {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::size_t most = 64;
    // Servers commonly close after 60 to 75 s.
    static constexpr std::chrono::seconds longest_rest{20};

    [[nodiscard]] static IdleConnections& of_this_process();

    // The one that has rested least, or a new one, not yet connected. `origin` is
    // "http://127.0.0.1:5000". Null: that is no origin.
    [[nodiscard]] std::unique_ptr<httplib::Client> take(const std::string& origin);
    // Only after an answer that was read to its end: what is left of another one would be taken for
    // the next answer.
    void put_back(const std::string& origin, std::unique_ptr<httplib::Client> connection);

    [[nodiscard]] std::size_t size();

private:
    struct Idle {
        std::string origin;
        std::unique_ptr<httplib::Client> connection;
        Clock::time_point since;
    };
    void forget_old_ones(std::deque<Idle>& forgotten);

    std::mutex mutex_;
    std::deque<Idle> idle_; // the longest rest first
};

} // namespace vtpmlab::client
