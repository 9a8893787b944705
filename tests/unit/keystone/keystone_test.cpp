// Keystone over HTTP: who gets a token, what it says, and when it stops counting.

#include "http/keystone_validator.h"
#include "keystone_fixture.h"

namespace vtpmlab::fakes::keystone {
namespace {

TEST_F(KeystoneTest, EveryScopeThatHasARoleIsGiven) {
    const auto auth = [&](const json& scope) {
        return client_->post("/v3/auth/tokens", password_auth("admin", "admin-pw", scope));
    };
    EXPECT_EQ(auth({{"project", {{"id", admin_project_}}}}).json()["token"]["project"]["name"],
              "admin");
    EXPECT_TRUE(auth({{"system", {{"all", true}}}}).json()["token"]["system"]["all"]);
    const auto unscoped = auth(nullptr).json()["token"];
    EXPECT_FALSE(unscoped.contains("project"));
    EXPECT_FALSE(unscoped.contains("catalog"));
    EXPECT_EQ(auth("unscoped").status, 201);
    EXPECT_EQ(auth({{"domain", {{"id", "default"}}}}).status, 401);
    EXPECT_EQ(auth(project_scope("demo")).status, 401);
    EXPECT_EQ(auth({{"galaxy", {{"id", "x"}}}}).status, 400);
}

TEST_F(KeystoneTest, WrongBodiesAreSaidToBeWrong) {
    for (
        const std::string body :
        {R"({"auth": 1})", R"({"auth": {"identity": {}}})",
         R"({"auth": {"identity": {"methods": []}}})",
         R"({"auth": {"identity": {"methods": [1]}}})", R"([])", R"("auth")", R"(null)",
         R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}})",
         R"({"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": 1, "password": 2}}}}})",
         R"({"auth": {"identity": {"methods": ["token"], "token": {"id": {}}}}})"}) {
        const auto answer = client_->send("POST", "/v3/auth/tokens", body);
        EXPECT_EQ(answer.status, 400) << body << answer.body;
        EXPECT_TRUE(answer.json()["error"]["message"].is_string());
    }
}

TEST_F(KeystoneTest, ATokenEndsWhenItsTimeIsOver) {
    const auto owner = token("owner", "demo");
    const auto nova = token("nova", "service");
    client_->with("X-Subject-Token", owner);
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", nova}}).status, 200);
    clock_->advance(std::chrono::hours(2));
    const auto fresh = token("nova", "service");
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", owner}}).status, 401);
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", fresh}}).status, 404);
    EXPECT_EQ(client_->get("/v3/auth/tokens?allow_expired=1", {{"X-Auth-Token", fresh}}).status,
              200);
    clock_->advance(std::chrono::hours(72));
    const auto later = token("nova", "service");
    EXPECT_EQ(client_->get("/v3/auth/tokens?allow_expired=1", {{"X-Auth-Token", later}}).status,
              404);
}

TEST_F(KeystoneTest, ATokenFromATokenLivesNoLonger) {
    const auto first = token("owner", "demo");
    clock_->advance(std::chrono::minutes(30));
    const auto second = client_->post(
        "/v3/auth/tokens", {{"auth",
                             {{"identity", {{"methods", {"token"}}, {"token", {{"id", first}}}}},
                              {"scope", project_scope("demo")}}}});
    ASSERT_EQ(second.status, 201) << second.body;
    clock_->advance(std::chrono::minutes(31));
    EXPECT_EQ(
        client_->get("/v3/auth/projects", {{"X-Auth-Token", second.header("X-Subject-Token")}})
            .status,
        401);
}

TEST_F(KeystoneTest, ARevokedTokenIsGone) {
    const auto owner = token("owner", "demo");
    EXPECT_EQ(
        client_->remove("/v3/auth/tokens", {{"X-Auth-Token", owner}, {"X-Subject-Token", owner}})
            .status,
        204);
    EXPECT_EQ(client_->get("/v3/auth/projects", {{"X-Auth-Token", owner}}).status, 401);
}

TEST_F(KeystoneTest, OnlyAdminsAndServicesMayLookAtOthersTokens) {
    const auto owner = token("owner", "demo"), admin = token("admin", "admin");
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", owner}, {"X-Subject-Token", admin}})
                  .status,
              403);
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", owner}, {"X-Subject-Token", owner}})
                  .status,
              200);
}

TEST_F(KeystoneTest, ListsAreForAdmins) {
    const auto owner = token("owner", "demo"), admin = token("admin", "admin");
    const auto refused = client_->get("/v3/users", {{"X-Auth-Token", owner}});
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.json()["error"]["message"],
              "You are not authorized to perform the requested action: identity:list_users.");
    client_->with("X-Auth-Token", admin);
    EXPECT_EQ(client_->get("/v3/users?name=owner").json()["users"][0]["id"], owner_);
    EXPECT_EQ(client_->get("/v3/users?name=nobody").json()["users"].size(), 0u);
    const auto missing = client_->get("/v3/users/owner");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.json()["error"]["message"], "Could not find user: owner.");
    EXPECT_EQ(client_->get("/v3/users/" + owner_).json()["user"]["name"], "owner");
    for (const char* path : {"/v3/projects", "/v3/domains", "/v3/roles", "/v3/services",
                             "/v3/endpoints", "/v3/regions", "/v3/role_assignments?include_names"})
        EXPECT_EQ(client_->get(path).status, 200) << path;
}

TEST_F(KeystoneTest, APersonCanBeMadeAndUsed) {
    client_->with("X-Auth-Token", token("admin", "admin"));
    const auto made =
        client_->post("/v3/users", {{"user", {{"name", "eve"}, {"password", "eve-pw"}}}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.body.find("eve-pw"), std::string::npos);
    EXPECT_EQ(client_->post("/v3/users", {{"user", {{"name", "eve"}}}}).status, 409);
    const std::string id = made.json()["user"]["id"];
    const std::string role = client_->get("/v3/roles?name=member").json()["roles"][0]["id"];
    EXPECT_EQ(client_->put("/v3/projects/" + demo_ + "/users/" + id + "/roles/" + role, {}).status,
              204);
    EXPECT_NE(token("eve", "demo"), "");
    EXPECT_EQ(client_->remove("/v3/users/" + id).status, 204);
    EXPECT_EQ(client_->post("/v3/auth/tokens", password_auth("eve", "eve-pw")).status, 401);
}

TEST_F(KeystoneTest, CatalogFollowsRegistration) {
    keystone_->register_endpoint("compute", "nova", "http://127.0.0.1:1/v2.1");
    const auto catalog = [&] {
        return client_
            ->post("/v3/auth/tokens", password_auth("owner", "owner-pw", project_scope("demo")))
            .json()["token"]["catalog"];
    };
    bool found = false;
    for (const auto& service : catalog())
        if (service["type"] == "compute") {
            found = true;
            EXPECT_EQ(service["name"], "nova");
            ASSERT_EQ(service["endpoints"].size(), 3u);
            EXPECT_EQ(service["endpoints"][0]["url"], "http://127.0.0.1:1/v2.1");
            EXPECT_EQ(service["endpoints"][0]["region"], "RegionOne");
        }
    EXPECT_TRUE(found);
    keystone_->unregister_endpoint("compute");
    for (const auto& service : catalog())
        EXPECT_NE(service["type"], "compute");
}

TEST_F(KeystoneTest, TheJournalHoldsNeitherTokensNorPasswords) {
    const auto owner = token("owner", "demo");
    client_->get("/v3/auth/tokens", {{"X-Auth-Token", owner}, {"X-Subject-Token", owner}});
    const std::string text = journal_.to_jsonl();
    EXPECT_NE(text.find("\"name\":\"owner\""), std::string::npos);
    EXPECT_EQ(text.find("owner-pw"), std::string::npos);
    EXPECT_EQ(text.find(owner), std::string::npos);
}

TEST_F(KeystoneTest, TheMiddlewareLearnsWhoATokenIsAndRemembers) {
    http::KeystoneValidatorConfig config;
    config.auth_url = keystone_->url() + "/v3";
    config.user = "nova";
    config.password = SecretValue("nova-pw");
    config.clock = clock_;
    http::KeystoneValidator validator(std::move(config));
    const auto owner = token("owner", "demo");
    const auto known = validator.validate(owner, http::AllowExpired::no);
    ASSERT_TRUE(known) << known.error().message;
    ASSERT_TRUE(*known);
    EXPECT_EQ((*known)->user_name, "owner");
    EXPECT_EQ((*known)->project_id, demo_);
    EXPECT_TRUE((*known)->has_role("member"));
    EXPECT_FALSE((*known)->has_role("admin"));

    const auto asked = journal_.total();
    ASSERT_TRUE(*validator.validate(owner, http::AllowExpired::no));
    EXPECT_EQ(journal_.total(), asked);
    clock_->advance(std::chrono::hours(2));
    EXPECT_FALSE(*validator.validate(owner, http::AllowExpired::no));
    EXPECT_TRUE(*validator.validate(owner, http::AllowExpired::yes));
    EXPECT_FALSE(*validator.validate("forged", http::AllowExpired::no));
}

TEST_F(KeystoneTest, TheMiddlewareSaysWhyItCannotAsk) {
    http::KeystoneValidatorConfig config;
    config.auth_url = keystone_->url();
    config.user = "nova";
    config.password = SecretValue("wrong");
    http::KeystoneValidator validator(std::move(config));
    const auto answer = validator.validate("any", http::AllowExpired::no);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "Keystone refuses the service user 'nova' with status 401");
}

} // namespace
} // namespace vtpmlab::fakes::keystone
