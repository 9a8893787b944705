// Bytes from a peer, through the socket and the HTTP parser to a handler that reads everything.

#include "http/http_protocol.h"
#include "http/masking.h"
#include "http/router.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string_view>

using namespace vtpmlab::http;

namespace {

Response answer(Request& request) {
    const auto query = Query::parse(request.target);
    const auto segments = decoded_segments(request.target);
    std::size_t bytes = 0;
    (void)request.stream([&](std::string_view piece) {
        bytes += piece.size();
        request.body += piece;
        return bytes < 4096;
    });
    (void)masked_body(request.body, request.headers.value("Content-Type"));
    (void)masked_target(request.target);
    (void)negotiate(request.headers, {"placement", {1, 0}, {1, 39}, {1, 0}, {}});
    return Response::text(200, query && segments ? "fine" : "odd");
}

// One thread, and nobody to hire another.
class Nobody final : public WaitObserver {
    void begins_to_wait() override {}
    void goes_on() override {}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto protocol = [] {
        auto hooks = std::make_shared<ProtocolHooks>();
        hooks->answer = answer;
        hooks->refusal = [](int status) { return Response::text(status, "no"); };
        return make_http_protocol(std::move(hooks));
    }();
    static Nobody nobody;
    if (size > 16384)
        return 0;
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return 0;
    const ssize_t sent = ::send(ends[1], data, size, MSG_NOSIGNAL);
    ::shutdown(ends[1], SHUT_WR);
    {
        Connection connection(ends[0], 1, std::chrono::milliseconds(50), nobody);
        connection.fill(1 << 20);
        while (sent >= 0 && !connection.held().empty() &&
               protocol->serve(connection) == Protocol::Next::keep) {
            // Answers are read, or the peer's buffer would be what is tested.
            std::array<char, 65536> read;
            while (::recv(ends[1], read.data(), read.size(), 0) > 0) {
            }
        }
    }
    ::close(ends[1]);
    return 0;
}
