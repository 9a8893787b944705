#pragma once
// The far end of a guest's serial line, played by the test: listens where QEMU would, and runs the
// test's script with the first client.

#include "core/files.h"

#include <vtpmlab/probe_protocol.h>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace vtpmlab::test {

class FakeGuest {
public:
    class Line {
    public:
        explicit Line(int fd) : fd_(fd) {}
        // False when the harness has hung up.
        bool write(std::string_view bytes) {
            while (!bytes.empty()) {
                const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0)
                    return false;
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
            return true;
        }
        bool say(const nlohmann::json& json) { return write(probe::frame(json.dump()).value()); }
        // The next request; null when the harness has hung up.
        nlohmann::json read() {
            for (;;) {
                if (const auto payload = decoder_.next())
                    return nlohmann::json::parse(*payload);
                char buffer[4096];
                const auto count = recv(fd_, buffer, sizeof buffer, 0);
                if (count <= 0)
                    return nullptr;
                decoder_.push({buffer, static_cast<std::size_t>(count)});
            }
        }
        bool greet() {
            return say({{"id", 0},
                        {"ok", true},
                        {"result", {{"probe", "vtpm-probe"}, {"protocol", 1}, {"kernel", "k"}}}});
        }
        // The next request that is no hello; hellos are answered, as the probe would.
        nlohmann::json read_question() {
            for (;;) {
                auto request = read();
                if (request.is_null() || request["op"] != "hello")
                    return request;
            }
        }

    private:
        int fd_;
        probe::FrameDecoder decoder_;
    };

    FakeGuest(const std::filesystem::path& path, std::function<void(Line&)> script)
        : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            listen(listener_, 1) != 0)
            std::abort();
        thread_ = std::thread([this, script = std::move(script)] {
            const int fd = accept(listener_, nullptr, nullptr);
            if (fd < 0)
                return;
            Line line(fd);
            script(line);
            close(fd);
        });
    }
    FakeGuest(const FakeGuest&) = delete;
    FakeGuest& operator=(const FakeGuest&) = delete;
    ~FakeGuest() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }

private:
    int listener_;
    std::thread thread_;
};

} // namespace vtpmlab::test
