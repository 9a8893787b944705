// The kit over real HTTP: what every service gets from it.

#include "http/binding.h"
#include "http/server.h"
#include "raw_client.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace vtpmlab::http {
namespace {

using test::RawClient;

class OneToken final : public TokenValidator {
public:
    Result<std::shared_ptr<const Identity>> validate(std::string_view token,
                                                     AllowExpired) override {
        if (token == "broken")
            return fail(ErrorKind::lab, "keystone is away");
        if (token != "good" && token != "service")
            return std::shared_ptr<const Identity>();
        auto identity = std::make_shared<Identity>();
        identity->user_id = token == "good" ? "u1" : "u2";
        identity->user_name = token == "good" ? "ann" : "nova";
        identity->project_id = "p1";
        identity->roles = {token == "good" ? "member" : "service"};
        return std::shared_ptr<const Identity>(std::move(identity));
    }
};

class ServerTest : public ::testing::Test {
protected:
    void SetUp() override {
        ServerConfig config;
        config.service = "test";
        config.journal = &journal_;
        config.validator = std::make_shared<OneToken>();
        config.keystone_url = "http://keystone";
        config.max_body_bytes = 1000;
        config.microversions = MicroversionRange{"test", {1, 0}, {1, 39}, {1, 0}, {}};
        config.routes = {
            {"GET", "/", [](const Request&) { return Response::text(200, "root"); }, Access::open},
            {"GET", "/things/{id}",
             [](const Request& request) {
                 return Response::json(200, {{"id", request.parameter("id")},
                                             {"user", request.caller->user_name},
                                             {"version", request.microversion.text()},
                                             {"base", request.base_url}});
             }},
            {"GET", "/things/all", [](const Request&) { return Response::text(200, "all"); }},
            {"GET", "/both", [](const Request&) { return Response::text(200, "both"); }},
            {"PUT",
             "/both",
             [](const Request&) { return Response::text(200, "put"); },
             Access::token,
             Body::none,
             nullptr,
             {1, 6}},
            {"GET",
             "/new",
             [](const Request&) { return Response::text(200, "new"); },
             Access::token,
             Body::none,
             nullptr,
             {1, 6}},
            {"POST", "/things",
             [](const Request& request) { return Response::text(201, request.body); },
             Access::token, Body::json,
             std::make_shared<Schema>(R"({"type": "object", "required": ["name"]})")},
            {"PUT", "/stream",
             [](const Request& request) -> Outcome<Response> {
                 std::size_t bytes = 0;
                 const auto read = request.stream([&](std::string_view piece) {
                     bytes += piece.size();
                     return true;
                 });
                 if (read != BodyRead::complete)
                     return refuse(400, "incomplete");
                 return Response::text(200, std::to_string(bytes));
             },
             Access::token, Body::streamed},
            {"DELETE", "/things/{id}",
             [](const Request&) -> Outcome<Response> { return refuse(409, "in use", "x.inuse"); }},
            {"GET", "/throws",
             [](const Request&) -> Outcome<Response> {
                 throw std::runtime_error("s3cret detail");
             }},
        };
        auto server = Server::start(std::move(config));
        ASSERT_TRUE(server) << server.error().message;
        server_ = std::move(*server);
        client_ = std::make_unique<httplib::Client>(server_->url());
        client_->set_keep_alive(true);
    }

    httplib::Headers token(std::string value = "good") {
        return {{"X-Auth-Token", std::move(value)}};
    }

    Journal journal_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<httplib::Client> client_;
};

TEST_F(ServerTest, MatchesTemplatesAndDecodesParameters) {
    auto answer = client_->Get("/things/a%20b%2Fc", token());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    const auto body = nlohmann::json::parse(answer->body);
    EXPECT_EQ(body["id"], "a b/c");
    EXPECT_EQ(body["user"], "ann");
    EXPECT_EQ(body["base"], server_->url());
    EXPECT_EQ(client_->Get("/things/all", token())->body, "all");
    EXPECT_EQ(client_->Get("/things/all/", token())->body, "all");
}

TEST_F(ServerTest, EveryAnswerBearsARequestId) {
    const std::string id = client_->Get("/")->get_header_value("X-Openstack-Request-Id");
    EXPECT_EQ(id.substr(0, 4), "req-");
    EXPECT_EQ(id.size(), 40u);
    EXPECT_NE(client_->Get("/")->get_header_value("X-Openstack-Request-Id"), id);
    EXPECT_TRUE(client_->Get("/nothing")->has_header("X-Openstack-Request-Id"));
}

TEST_F(ServerTest, WithoutAGoodTokenNothingIsSaid) {
    for (const auto& headers : {httplib::Headers{}, token("bad"), token("")}) {
        for (const char* path : {"/things/1", "/nothing"}) {
            auto answer = client_->Get(path, headers);
            EXPECT_EQ(answer->status, 401);
            EXPECT_EQ(answer->get_header_value("WWW-Authenticate"),
                      "Keystone uri=\"http://keystone\"");
            EXPECT_EQ(nlohmann::json::parse(answer->body)["error"]["title"], "Unauthorized");
        }
    }
    EXPECT_EQ(client_->Get("/things/1", token("broken"))->status, 503);
}

TEST_F(ServerTest, ABadServiceTokenIsNoBetterThanNone) {
    httplib::Headers headers = token();
    headers.emplace("X-Service-Token", "forged");
    EXPECT_EQ(client_->Get("/things/1", headers)->status, 401);
    headers = token();
    headers.emplace("X-Service-Token", "service");
    EXPECT_EQ(client_->Get("/things/1", headers)->status, 200);
    EXPECT_EQ(journal_.entries().back().service_user, "nova");
}

TEST_F(ServerTest, UnknownPathsAndMethodsAreRefused) {
    EXPECT_EQ(client_->Get("/nothing", token())->status, 404);
    auto answer = client_->Put("/things/1", token(), "", "text/plain");
    EXPECT_EQ(answer->status, 405);
    EXPECT_EQ(answer->get_header_value("Allow"), "DELETE, GET");
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
    auto answer = client_->Head("/things/all", token());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(answer->get_header_value("Content-Length"), "3");
}

TEST_F(ServerTest, NegotiatesAndEchoesTheMicroversion) {
    httplib::Headers headers = token();
    EXPECT_EQ(client_->Get("/things/1", headers)->get_header_value("OpenStack-API-Version"),
              "test 1.0");
    EXPECT_EQ(client_->Get("/new", headers)->status, 404);
    headers.emplace("OpenStack-API-Version", "test 1.6");
    auto answer = client_->Get("/new", headers);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->get_header_value("OpenStack-API-Version"), "test 1.6");
    EXPECT_EQ(answer->get_header_value("Vary"), "OpenStack-API-Version");
    headers = token();
    headers.emplace("OpenStack-API-Version", "test 1.40");
    EXPECT_EQ(client_->Get("/things/1", headers)->status, 406);
}

TEST_F(ServerTest, AMethodOfAnotherMicroversionIsNotFound) {
    const auto ask = [&](const char* version, const std::string& method) {
        httplib::Request request;
        request.method = method;
        request.path = "/both";
        request.headers = token();
        request.headers.emplace("OpenStack-API-Version", version);
        return client_->send(request);
    };
    EXPECT_EQ(ask("test 1.5", "PUT")->status, 404);
    EXPECT_FALSE(ask("test 1.5", "PUT")->has_header("Allow"));
    EXPECT_EQ(ask("test 1.6", "PUT")->status, 200);
    // A method the path never has, and the ones it has at this version.
    EXPECT_EQ(ask("test 1.5", "DELETE")->status, 405);
    EXPECT_EQ(ask("test 1.5", "DELETE")->get_header_value("Allow"), "GET");
    EXPECT_EQ(ask("test 1.6", "DELETE")->get_header_value("Allow"), "GET, PUT");
}

TEST_F(ServerTest, BodiesMustBeJsonAndMatchTheSchema) {
    EXPECT_EQ(client_->Post("/things", token(), R"({"name": "x"})", "application/json")->status,
              201);
    EXPECT_EQ(client_->Post("/things", token(), "{", "application/json")->status, 400);
    EXPECT_EQ(client_->Post("/things", token(), "", "application/json")->status, 400);
    EXPECT_EQ(client_->Post("/things", token(), "\"\xff\"", "application/json")->status, 400);
    EXPECT_EQ(client_->Post("/things", token(), R"({"nmae": 1})", "application/json")->status, 400);
    EXPECT_EQ(client_
                  ->Post("/things", token(), std::string(100, '[') + std::string(100, ']'),
                         "application/json")
                  ->status,
              400);
}

TEST_F(ServerTest, BodiesAreLimited) {
    const std::string body = R"({"name": ")" + std::string(2000, 'x') + "\"}";
    EXPECT_EQ(client_->Post("/things", token(), body, "application/json")->status, 413);
    // Chunked, so that no length gives it away.
    RawClient raw(server_->port());
    raw.send("POST /things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: good\r\nTransfer-Encoding: "
             "chunked\r\n\r\n"
             "7d0\r\n" +
             std::string(2000, ' ') + "\r\n0\r\n\r\n");
    EXPECT_NE(raw.read_all().find("HTTP/1.1 413 "), std::string::npos);
    EXPECT_EQ(client_->Get("/")->body, "root");
}

TEST_F(ServerTest, StreamsABodyOfAnyLength) {
    const std::string body(5 << 20, 'x');
    EXPECT_EQ(client_->Put("/stream", token(), body, "application/octet-stream")->body, "5242880");
    auto chunked = client_->Put(
        "/stream", token(),
        [](std::size_t offset, httplib::DataSink& sink) {
            if (offset >= 300000)
                sink.done();
            else
                sink.write(std::string(100000, 'y').data(), 100000);
            return true;
        },
        "application/octet-stream");
    ASSERT_TRUE(chunked);
    EXPECT_EQ(chunked->body, "300000");
}

TEST_F(ServerTest, ARefusedUploadDoesNotBecomeTheNextRequest) {
    RawClient raw(server_->port());
    const std::string smuggled = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    raw.send("PUT /stream HTTP/1.1\r\nHost: x\r\nContent-Length: " +
             std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled);
    raw.send("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string text = raw.read_all();
    EXPECT_EQ(text.find("root"), std::string::npos);
    EXPECT_EQ(journal_.entries().size(), 2u);
}

TEST_F(ServerTest, AnExceptionIsA500ThatTellsNothing) {
    auto answer = client_->Get("/throws", token());
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("s3cret"), std::string::npos);
}

TEST_F(ServerTest, JournalSaysWhoAndNeverTheToken) {
    httplib::Headers headers = token();
    headers.emplace("X-Openstack-Request-Id", "req-0123abcd-0000-4000-8000-000000000000");
    client_->Post("/things?password=hunter2", headers, R"({"name":"x","payload":"hunter2"})",
                  "application/json");
    const auto entries = journal_.entries();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].user, "ann");
    EXPECT_EQ(entries[0].route, "/things");
    EXPECT_EQ(entries[0].status, 201);
    EXPECT_EQ(entries[0].cause, "req-0123abcd-0000-4000-8000-000000000000");
    EXPECT_EQ(entries[0].request_body, R"({"name":"x","payload":"***"})");
    EXPECT_EQ(journal_.to_jsonl().find("hunter2"), std::string::npos);
    EXPECT_EQ(journal_.to_jsonl().find("good"), std::string::npos);
}

TEST_F(ServerTest, StopIsQuickWithIdleConnections) {
    EXPECT_EQ(client_->Get("/")->body, "root");
    RawClient half(server_->port());
    half.send("GET / HTTP/1.1\r\n");
    const auto began = std::chrono::steady_clock::now();
    server_->stop();
    // Far above what it takes (under a millisecond), far below any of the timeouts.
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
    server_->stop();
}

TEST(Server, RefusesAnythingButLoopback) {
    ServerConfig config;
    config.service = "test";
    config.address = "0.0.0.0";
    const auto server = Server::start(std::move(config));
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().message, "cannot start the test service");
    EXPECT_EQ(server.error().causes.at(0), "refusing to listen on 0.0.0.0: not a loopback address");
    EXPECT_EQ(server.error().hint, "use 127.0.0.1");
}

TEST(Server, ListensBeyondLoopbackOnlyWhenToldSoAndNeverEverywhere) {
    ServerConfig config;
    config.service = "test";
    allow_beyond_loopback(true);
    config.address = "0.0.0.0";
    const auto everywhere = Server::start(config);
    ASSERT_FALSE(everywhere);
    EXPECT_EQ(everywhere.error().causes.at(0),
              "refusing to listen on 0.0.0.0: clients could not be told where");
    EXPECT_EQ(everywhere.error().hint, "name one address of this machine");
    // Of TEST-NET-1, which no machine has: past the refusal, it is the kernel that says no.
    config.address = "192.0.2.1";
    const auto elsewhere = Server::start(config);
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().causes.at(0),
              "cannot listen on 192.0.2.1:0: Cannot assign requested address");
    allow_beyond_loopback(false);
}

TEST(Server, SaysWhichPortIsTaken) {
    ServerConfig config;
    config.service = "test";
    auto first = Server::start(config);
    ASSERT_TRUE(first);
    config.port = (*first)->port();
    const auto second = Server::start(config);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().causes.at(0),
              "cannot listen on 127.0.0.1:" + std::to_string((*first)->port()) +
                  ": Address already in use");
}

} // namespace
} // namespace vtpmlab::http
