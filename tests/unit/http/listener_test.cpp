// Hostile and slow peers against the kit: the others must not notice.

#include "http/http_protocol.h"
#include "http/listener.h"
#include "http/server.h"
#include "raw_client.h"

#include <gtest/gtest.h>

#include <deque>

namespace vtpmlab::http {
namespace {

using test::RawClient;

std::unique_ptr<Server> start(ServerConfig config = {}) {
    config.service = "test";
    config.routes = {
        {"GET", "/", [](const Request&) { return Response::text(200, "root"); }, Access::open},
        {"POST", "/",
         [](const Request& request) { return Response::text(200, "<" + request.body + ">"); },
         Access::open, Body::bytes}};
    return std::move(*Server::start(std::move(config)));
}

std::string ask(std::uint16_t port, const std::string& text) {
    RawClient client(port);
    client.send(text);
    return client.read_all();
}

constexpr std::string_view good = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST(Listener, AThousandSilentPeersHoldUpNobody) {
    const auto server = start();
    std::deque<RawClient> silent;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(silent.emplace_back(server->port()).connected());
        silent.back().send(i % 2 ? "GET / HTTP/1.1\r\nHost: " : "");
    }
    EXPECT_NE(ask(server->port(), std::string(good)).find("root"), std::string::npos);
    silent.front().send(std::string(good));
    EXPECT_NE(silent.front().read_all().find("root"), std::string::npos);
}

TEST(Listener, ABodyThatNeverComesHoldsUpNobody) {
    const auto server = start({.max_threads = 2});
    std::deque<RawClient> silent;
    for (int i = 0; i < 20; ++i)
        silent.emplace_back(server->port())
            .send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    EXPECT_NE(ask(server->port(), std::string(good)).find("root"), std::string::npos);
}

// Chunks and bodies too long to wait for in the listener keep a worker each. None of them ends by
// itself within this test: the transfer timeout is ten minutes.
TEST(Listener, WorkersKeptWaitingAreReplaced) {
    const auto server = start({.max_threads = 2, .transfer_timeout = std::chrono::minutes(10)});
    std::deque<RawClient> silent;
    for (int i = 0; i < 20; ++i)
        silent.emplace_back(server->port())
            .send(i % 2 ? "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                        : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\nhalf");
    EXPECT_NE(ask(server->port(), std::string(good)).find("root"), std::string::npos);
}

// The listener alone, with few threads to lose. Answers /large with 8 MiB and anything else with
// its body.
std::unique_ptr<Listener> start_small() {
    auto hooks = std::make_shared<ProtocolHooks>();
    hooks->answer = [](Request& request) {
        std::string body;
        (void)request.stream([&](std::string_view piece) {
            body += piece;
            return true;
        });
        return Response::text(200, request.target == "/large" ? std::string(8 << 20, 'x')
                                                              : "root" + body);
    };
    hooks->refusal = [](int status) { return Response::text(status, "no"); };
    ListenerConfig config;
    config.max_threads = 2;
    config.max_waiting_threads = 2;
    config.transfer_timeout = std::chrono::minutes(10);
    return std::move(
        *Listener::start(std::move(config), [hooks] { return make_http_protocol(hooks); }));
}

TEST(Listener, WhereNoThreadIsLeftThoseWhoSendNothingAreLetGo) {
    const auto listener = start_small();
    std::deque<RawClient> silent;
    for (int i = 0; i < 20; ++i)
        silent.emplace_back(listener->port())
            .send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_NE(ask(listener->port(), std::string(good)).find("root"), std::string::npos);
}

TEST(Listener, WhereNoThreadIsLeftThoseWhoFetchNothingAreLetGo) {
    const auto listener = start_small();
    std::deque<RawClient> deaf;
    for (int i = 0; i < 20; ++i)
        deaf.emplace_back(listener->port()).send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(ask(listener->port(), std::string(good)).find("root"), std::string::npos);
}

TEST(Listener, ALateHeadLosesItsConnection) {
    const auto server = start({.head_timeout = std::chrono::milliseconds(1)});
    RawClient client(server->port());
    client.send("GET / HT");
    EXPECT_EQ(client.read_all(), "");
}

TEST(Listener, AnswersPipelinedRequestsInOrder) {
    const auto server = start();
    const std::string text =
        ask(server->port(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo" +
                                std::string(good));
    const auto one = text.find("<one>"), two = text.find("<two>"), root = text.find("root");
    ASSERT_NE(root, std::string::npos) << text;
    EXPECT_LT(one, two);
    EXPECT_LT(two, root);
}

TEST(Listener, ARequestInSingleBytesIsARequest) {
    const auto server = start();
    RawClient client(server->port());
    for (const char c : good)
        client.send(std::string(1, c));
    EXPECT_NE(client.read_all().find("root"), std::string::npos);
}

TEST(Listener, RefusesAHeadWithoutEnd) {
    const auto server = start({.max_head_bytes = 16 << 10});
    const std::string text =
        ask(server->port(), "GET / HTTP/1.1\r\nX: " + std::string(100000, 'x'));
    EXPECT_EQ(text.substr(0, 13), "HTTP/1.1 431 ");
}

TEST(Listener, RefusesWhatIsNotHttp) {
    const auto server = start();
    for (const std::string bad :
         {"\r\n\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "FROB / HTTP/1.1\r\n\r\n",
          "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nno colon here\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nxx",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n",
          "GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
          "GET /%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"}) {
        const std::string text = ask(server->port(), bad);
        EXPECT_EQ(text.substr(0, 12), "HTTP/1.1 400") << bad << "\n→ " << text;
        // A client must not send its next request into a connection that is about to close.
        EXPECT_NE(text.find("\r\nConnection: close\r\n"), std::string::npos)
            << bad << "\n→ " << text;
    }
    EXPECT_NE(ask(server->port(), std::string(good)).find("root"), std::string::npos);
}

TEST(Listener, AnEndlessChunkLineIsCutOff) {
    const auto server = start();
    RawClient client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    // The server gives up long before this is through.
    for (int i = 0; i < 1000 && client.send(std::string(64 << 10, '0')); ++i) {
    }
    EXPECT_NE(ask(server->port(), std::string(good)).find("root"), std::string::npos);
}

} // namespace
} // namespace vtpmlab::http
