#include "client/session.h"
#include "core/iso_time.h"
#include "scripted_server.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>

namespace vtpmlab::client {
namespace {

// Keystone and one service in one, with tokens numbered from 1 and good for an hour.
class Cloud {
public:
    Cloud() : server_([this](const auto& request, auto& response) { answer(request, response); }) {}

    [[nodiscard]] PasswordLogin login() const {
        return {server_.url(), "demo", "project", SecretValue("pass")};
    }
    [[nodiscard]] std::vector<httplib::Request> seen() const { return server_.seen(); }
    [[nodiscard]] std::string url() const { return server_.url(); }

    std::atomic<int> logins{0};
    std::atomic<int> refuse_tokens_up_to{0};
    std::shared_ptr<ManualClock> clock =
        std::make_shared<ManualClock>(parse_iso_time("2026-01-01T00:00:00Z").value());

private:
    void answer(const httplib::Request& request, httplib::Response& response) {
        if (request.path != "/v3/auth/tokens") {
            const auto token = request.get_header_value("X-Auth-Token");
            const int number = std::stoi(token.substr(token.find('-') + 1));
            response.status = number <= refuse_tokens_up_to ? 401 : 200;
            return;
        }
        const int number = ++logins;
        const auto url = server_.url() + "/image/";
        response.status = 201;
        response.set_header("X-Subject-Token", "token-" + std::to_string(number));
        const nlohmann::json endpoint = {{"interface", "public"}, {"url", url}};
        response.set_content(
            nlohmann::json{{"token",
                            {{"user", {{"id", "u1"}}},
                             {"project", {{"id", "p1"}}},
                             {"expires_at", iso_time(clock->now() + std::chrono::hours(1))},
                             {"catalog", {{{"type", "image"}, {"endpoints", {endpoint}}}}}}}}
                .dump(),
            "application/json");
    }
    ScriptedServer server_;
};

TEST(Session, LogsInOnceAndSendsTokenAndMicroversion) {
    Cloud cloud;
    Session session(cloud.login(), cloud.clock);
    RequestOptions options;
    options.microversion = "image 2.1";
    ASSERT_TRUE(session.request("image", "GET", "/v2/images", options));
    ASSERT_TRUE(session.request("image", "GET", "/v2/images", options));
    EXPECT_EQ(cloud.logins, 1);
    const auto seen = cloud.seen();
    EXPECT_EQ(seen.at(1).path, "/image/v2/images");
    EXPECT_EQ(seen.at(1).get_header_value("X-Auth-Token"), "token-1");
    EXPECT_EQ(seen.at(1).get_header_value("OpenStack-API-Version"), "image 2.1");
    EXPECT_EQ(
        nlohmann::json::parse(seen.at(0).body)["auth"]["identity"]["password"]["user"]["name"],
        "demo");
    EXPECT_EQ(session.user_id().value(), "u1");
    EXPECT_EQ(session.project_id().value(), "p1");
}

TEST(Session, RenewsBeforeTheTokenExpires) {
    Cloud cloud;
    Session session(cloud.login(), cloud.clock);
    ASSERT_TRUE(session.request("image", "GET", "/"));
    cloud.clock->advance(std::chrono::minutes(59) - std::chrono::seconds(1));
    ASSERT_TRUE(session.request("image", "GET", "/"));
    EXPECT_EQ(cloud.logins, 1);
    cloud.clock->advance(std::chrono::seconds(1));
    ASSERT_TRUE(session.request("image", "GET", "/"));
    EXPECT_EQ(cloud.logins, 2);
}

TEST(Session, RenewsARevokedTokenOnceAndThenTakesTheAnswer) {
    Cloud cloud;
    Session session(cloud.login(), cloud.clock);
    cloud.refuse_tokens_up_to = 1;
    EXPECT_EQ(session.request("image", "GET", "/")->status, 200);
    EXPECT_EQ(cloud.logins, 2);
    cloud.refuse_tokens_up_to = 99;
    EXPECT_EQ(session.request("image", "GET", "/")->status, 401);
    EXPECT_EQ(cloud.logins, 3);
}

TEST(Session, RefusedLoginNamesUserAndProjectAndNotThePassword) {
    ScriptedServer server([](const auto&, auto& response) { response.status = 401; });
    Session session({server.url() + "/v3", "demo", "project", SecretValue("s3cret")});
    const auto answer = session.request("image", "GET", "/");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "keystone refused user demo in project project: 401");
    EXPECT_EQ(answer.error().where, "POST " + server.url() + "/v3/auth/tokens");
    EXPECT_EQ(answer.error().hint, "check user, project and password");
}

TEST(Session, UnknownServiceSaysWhatTheCatalogHas) {
    Cloud cloud;
    Session session(cloud.login(), cloud.clock);
    const auto answer = session.request("key-manager", "GET", "/");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "no public endpoint for key-manager in the service catalog");
    EXPECT_EQ(answer.error().hint, "it has: image");
}

TEST(TokenSession, BearsTheUsersTokenAndTheServicesBesideIt) {
    Cloud cloud;
    Session nova(cloud.login(), cloud.clock);
    TokenSession user(SecretValue("user-7"), nova.catalog().value(), &nova);
    ASSERT_TRUE(user.request("image", "GET", "/v2"));
    EXPECT_EQ(cloud.seen().back().get_header_value("X-Auth-Token"), "user-7");
    EXPECT_EQ(cloud.seen().back().get_header_value("X-Service-Token"), "token-1");
}

// spec: nova-vtpm §KEY-9
TEST(TokenSession, EmptyCatalogReachesNobody) {
    TokenSession system(SecretValue{}, Catalog{});
    const auto refused = system.request("key-manager", "GET", "/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "no public endpoint for key-manager: the service catalog is empty");
    EXPECT_EQ(refused.error().hint,
              "a token without a project has no catalog: ask for one with a project");
}

} // namespace
} // namespace vtpmlab::client
