#pragma once
// A client that says exactly what it is told to, well-formed or not.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace vtpmlab::http::test {

class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // Until `wanted` has come, the peer closes, or ten seconds are over. What came is returned.
    std::string read_until(std::string_view wanted) {
        while (received_.find(wanted) == std::string::npos && read_some()) {
        }
        return std::exchange(received_, {});
    }
    std::string read_all() {
        while (read_some()) {
        }
        return std::exchange(received_, {});
    }
    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

private:
    bool read_some() {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, 10000) <= 0)
            return false;
        char piece[4096];
        const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
        if (got <= 0)
            return false;
        received_.append(piece, static_cast<std::size_t>(got));
        return true;
    }

    int socket_;
    bool connected_ = false;
    std::string received_;
};

} // namespace vtpmlab::http::test
