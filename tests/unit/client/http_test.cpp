#include "client/digest.h"
#include "client/http.h"
#include "client/idle_connections.h"
#include "core/files.h"
#include "scripted_server.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <condition_variable>

namespace vtpmlab::client {
namespace {

HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return request;
}

TEST(Http, AnyStatusIsAnAnswer) {
    ScriptedServer server([](const auto&, auto& response) {
        response.status = 409;
        response.set_header("X-Openstack-Request-Id", "req-1");
        response.set_content("{\"a\": 1}", "application/json");
    });
    const auto answer = send(get(server.url() + "/thing"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 409);
    EXPECT_FALSE(answer->is_success());
    EXPECT_EQ(answer->header("x-openstack-request-id"), "req-1");
    EXPECT_EQ(answer->header("absent"), "");
    EXPECT_EQ(answer->json().value().at("a"), 1);
}

TEST(Http, NobodyThereIsAnErrorNamingTheCall) {
    std::string url;
    {
        ScriptedServer gone([](const auto&, auto&) {});
        url = gone.url();
    }
    const auto answer = send(get(url + "/v3"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "no answer from " + url + ": connection refused");
    EXPECT_EQ(answer.error().where, "GET " + url + "/v3");
    EXPECT_EQ(answer.error().hint,
              "is the service running, and is this its endpoint in the catalog?");
}

TEST(Http, OneConnectionServesOneRequestAfterTheOther) {
    ScriptedServer server(
        [](const auto&, auto& response) { response.set_content("x", "text/plain"); },
        ScriptedServer::Connections::kept);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(send(get(server.url() + "/thing")));
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen[0].remote_port, seen[1].remote_port);
    EXPECT_EQ(seen[0].remote_port, seen[2].remote_port);
}

TEST(Http, AnAnswerThatWasNotReadToItsEndTakesItsConnectionAlong) {
    ScriptedServer server(
        [](const auto& request, auto& response) {
            response.set_content(request.path == "/large" ? std::string(1000, 'x') : "small",
                                 "text/plain");
        },
        ScriptedServer::Connections::kept);
    auto request = get(server.url() + "/large");
    request.answer_limit = 100;
    ASSERT_FALSE(send(request));
    const auto answer = send(get(server.url() + "/small"));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "small");
    EXPECT_NE(server.seen().at(0).remote_port, server.seen().at(1).remote_port);
}

// A server on the port of an earlier one, as when a service is restarted.
TEST(Http, AServerThatHasGoneAndComeBackGetsANewConnection) {
    std::string answers;
    int port = 0;
    for (const char* content : {"1", "2"}) {
        httplib::Server server;
        server.set_keep_alive_timeout(1);
        server.Get(
            "/", [&](const auto&, auto& response) { response.set_content(content, "text/plain"); });
        if (port == 0)
            port = server.bind_to_any_port("127.0.0.1");
        else
            ASSERT_TRUE(server.bind_to_port("127.0.0.1", port));
        std::thread serving([&] { server.listen_after_bind(); });
        const auto answer = send(get("http://127.0.0.1:" + std::to_string(port) + "/"));
        server.stop();
        serving.join();
        ASSERT_TRUE(answer) << answer.error().message;
        answers += answer->body;
    }
    EXPECT_EQ(answers, "12");
}

TEST(IdleConnections, AreBounded) {
    IdleConnections pool;
    for (std::size_t i = 0; i < IdleConnections::most + 5; ++i)
        pool.put_back("http://127.0.0.1:1", pool.take("http://127.0.0.1:" + std::to_string(i + 1)));
    EXPECT_EQ(pool.size(), IdleConnections::most);
}

TEST(Http, NoAnswerInTimeIsAnError) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    ScriptedServer server([&](const auto&, auto&) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return done; });
    });
    auto request = get(server.url() + "/slow");
    request.deadline = std::chrono::milliseconds(50);
    const auto answer = send(request);
    {
        const std::lock_guard lock(mutex);
        done = true;
    }
    changed.notify_all();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message,
              "no answer from " + server.url() +
                  ": no complete answer in time, or the connection was dropped");
}

TEST(Http, WhatIsNoUrlIsAnError) {
    EXPECT_EQ(send(get("localhost")).error().message, "'localhost' is not a URL");
}

TEST(Http, AnswerTooLargeIsAnError) {
    ScriptedServer server([](const auto&, auto& response) {
        response.set_content(std::string(5000, 'x'), "text/plain");
    });
    auto request = get(server.url());
    request.answer_limit = 1000;
    EXPECT_EQ(send(request).error().message, "the answer is larger than 1000 bytes");
}

TEST(Http, NonJsonAnswerIsQuoted) {
    ScriptedServer server(
        [](const auto&, auto& response) { response.set_content("<html>", "text/html"); });
    EXPECT_EQ(send(get(server.url()))->json().error().message,
              "answer 200 is not JSON but: <html>");
}

TEST(Http, EncodedPathStaysAsItIs) {
    ScriptedServer server([](const auto&, auto&) {});
    ASSERT_TRUE(send(get(server.url() + "/a%2Fb?required=A%2CB")));
    EXPECT_EQ(server.seen().at(0).target, "/a%2Fb?required=A%2CB");
}

class HttpFiles : public testing::Test {
protected:
    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
    std::string content_ = [] {
        std::string text;
        for (int i = 0; i < 200000; ++i)
            text += std::to_string(i);
        return text;
    }();
    static std::string md5(const std::string& text) {
        Digest digest(Digest::Algorithm::md5);
        digest.update(text);
        return digest.finish();
    }
};

TEST_F(HttpFiles, DownloadAppearsCompleteWithTheRightDigests) {
    ScriptedServer server([&](const auto&, auto& response) {
        response.set_content(content_, "application/octet-stream");
    });
    auto request = get(server.url() + "/file");
    request.download = Download{directory_.path() / "image", md5(content_), ""};
    const auto answer = send(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->body.empty());
    EXPECT_EQ(read_file(directory_.path() / "image").value(), content_);
}

TEST_F(HttpFiles, WrongDigestLeavesNoFile) {
    ScriptedServer server([&](const auto&, auto& response) {
        response.set_content("other", "application/octet-stream");
    });
    auto request = get(server.url() + "/file");
    request.download = Download{directory_.path() / "image", md5("wanted"), ""};
    const auto answer = send(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message,
              "the downloaded data has md5 " + md5("other") + ", not " + md5("wanted"));
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(HttpFiles, RefusalOfADownloadStaysInMemory) {
    ScriptedServer server([&](const auto&, auto& response) {
        response.status = 404;
        response.set_content("no image", "text/plain");
    });
    auto request = get(server.url() + "/file");
    request.download = Download{directory_.path() / "image", "", ""};
    const auto answer = send(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "no image");
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(HttpFiles, UploadSendsTheFile) {
    ASSERT_TRUE(write_file(directory_.path() / "image", content_));
    ScriptedServer server([&](const auto&, auto& response) { response.status = 204; });
    HttpRequest request;
    request.method = "PUT";
    request.url = server.url() + "/file";
    request.body = Body::from_file(directory_.path() / "image");
    const auto answer = send(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(server.seen().at(0).body, content_);
    EXPECT_EQ(server.seen().at(0).get_header_value("Content-Type"), "application/octet-stream");
}

TEST_F(HttpFiles, UploadOfAMissingFileIsAnError) {
    HttpRequest request;
    request.method = "PUT";
    request.url = "http://127.0.0.1:1/file";
    request.body = Body::from_file(directory_.path() / "absent");
    EXPECT_EQ(send(request).error().message,
              "cannot read " + (directory_.path() / "absent").string());
}

// Known answers of RFC 1321 and FIPS 180-4.
TEST(Digest, KnowsTheStandardsExamples) {
    Digest md5(Digest::Algorithm::md5);
    md5.update("a");
    md5.update("bc");
    EXPECT_EQ(md5.finish(), "900150983cd24fb0d6963f7d28e17f72");
    Digest sha512(Digest::Algorithm::sha512);
    sha512.update("abc");
    EXPECT_EQ(sha512.finish(),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
              "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

} // namespace
} // namespace vtpmlab::client
