#pragma once
// A loopback port and the threads behind it. Connections wait in one epoll set, where they cost no
// thread; a worker takes one only when a whole request head (and a short body with it) has come, so
// a client that sends half a request and falls silent holds up nobody. A long body, or an answer
// that is not fetched, can keep a worker waiting: another is hired in its place, and where there
// are too many of these, the slowest peers lose their connections.
//
// Knows nothing of HTTP but where a head ends and how long its body says it is.

#include "http/connection.h"

#include <vtpmlab/result.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace vtpmlab::http {

struct ListenerConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::size_t max_head_bytes = 64 << 10;
    std::size_t max_prefetched_body = 256 << 10;
    std::size_t max_connections = 4096;
    unsigned max_threads = 16;          // at work
    unsigned max_waiting_threads = 112; // for a slow peer, or because a fault says so
    // Who moves less than this is let go when there are no threads left.
    std::size_t slow_bytes_per_second = 16 << 10;
    std::chrono::milliseconds head_timeout{10000};
    std::chrono::milliseconds idle_timeout{75000};
    std::chrono::milliseconds transfer_timeout{30000};
};

// Answers requests; one for each worker thread, so it may hold state of the request in hand.
class Protocol {
public:
    Protocol() = default;
    Protocol(const Protocol&) = delete;
    Protocol& operator=(const Protocol&) = delete;
    virtual ~Protocol() = default;

    enum class Next { keep, close };
    // A whole head is in `connection.held()`.
    virtual Next serve(Connection& connection) = 0;
    // The head is too long, or did not come in time.
    virtual void reject(Connection& connection, int status) = 0;
};

class Listener : private WaitObserver {
public:
    using ProtocolFactory = std::function<std::unique_ptr<Protocol>()>;

    static Result<std::unique_ptr<Listener>> start(ListenerConfig config, ProtocolFactory factory);
    ~Listener() override;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    void stop();

private:
    struct Client;

    Listener(ListenerConfig config, ProtocolFactory factory);
    Status open();
    void add_worker();
    void work();
    void accept_all();
    void attend(std::uint64_t number, Protocol& protocol);
    // True while whole requests are at hand and the connection stays open.
    bool serve_all(Client& client, Protocol& protocol);
    void rearm(Client& client);
    void close(Client& client);
    // The watch: a thread of its own, as all workers may be kept waiting.
    void keep_watch();
    void close_late_ones();
    bool let_slow_ones_go(); // false: there was no need
    void begins_to_wait() override;
    void goes_on() override;

    ListenerConfig config_;
    ProtocolFactory factory_;
    int socket_ = -1, epoll_ = -1, wake_ = -1, timer_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<unsigned> idle_ = 0;
    std::atomic<unsigned> waiting_ = 0;

    std::mutex mutex_; // of all below
    std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
    std::uint64_t next_number_;
    std::vector<std::thread> workers_;
    std::thread watch_;
    bool stopped_ = false;
};

} // namespace vtpmlab::http
