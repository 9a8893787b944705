#pragma once
// A server that answers what the test tells it to and remembers what it was asked.

#include <httplib.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vtpmlab::client {

class ScriptedServer {
public:
    using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

    enum class Connections {
        closed, // after each answer
        kept,   // for the next request; then its end takes a second
    };

    explicit ScriptedServer(Handler handler, Connections connections = Connections::closed) {
        if (connections == Connections::closed)
            server_.set_keep_alive_max_count(1);
        server_.set_keep_alive_timeout(1);
        const auto answer = [this, handler](const httplib::Request& request,
                                            httplib::Response& response) {
            {
                const std::lock_guard lock(mutex_);
                seen_.push_back(request);
            }
            handler(request, response);
        };
        server_.Get(".*", answer);
        server_.Post(".*", answer);
        server_.Put(".*", answer);
        server_.Delete(".*", answer);
        port_ = server_.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running())
            std::this_thread::yield();
    }
    ~ScriptedServer() {
        server_.stop();
        thread_.join();
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::vector<httplib::Request> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

private:
    httplib::Server server_;
    int port_ = 0;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<httplib::Request> seen_;
};

} // namespace vtpmlab::client
