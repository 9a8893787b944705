// Application credentials: made, used, narrowed and taken away.

#include "http/timestamp.h"
#include "keystone_fixture.h"

#include <set>

namespace vtpmlab::fakes::keystone {
namespace {

class CredentialsTest : public KeystoneTest {
protected:
    void SetUp() override {
        KeystoneTest::SetUp();
        keystone_->ensure_role_assignment(owner_, demo_, "creator");
        token_ = token("owner", "demo");
        path_ = "/v3/users/" + owner_ + "/application_credentials";
    }
    httplib::Headers with(const std::string& token) { return {{"X-Auth-Token", token}}; }
    test::Answer create(json body, const std::string& token) {
        return client_->post(path_, {{"application_credential", std::move(body)}}, with(token));
    }
    json made(json body) {
        const auto answer = create(std::move(body), token_);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json()["application_credential"];
    }
    test::Answer use(const json& credential) {
        return client_->post("/v3/auth/tokens", {{"auth",
                                                  {{"identity",
                                                    {{"methods", {"application_credential"}},
                                                     {"application_credential", credential}}}}}});
    }
    static json id_and_secret(const json& made) {
        return {{"id", made["id"]}, {"secret", made["secret"]}};
    }
    static std::set<std::string> role_names(const json& owner) {
        std::set<std::string> names;
        for (const auto& role : owner["roles"])
            names.insert(role["name"].get<std::string>());
        return names;
    }

    std::string token_, path_;
};

TEST_F(CredentialsTest, OneGivesTheRolesOfItsTokenOnItsProject) {
    const auto credential = made({{"name", "robot"}});
    EXPECT_EQ(credential["project_id"], demo_);
    EXPECT_TRUE(credential["unrestricted"].is_null()); // nobody said
    EXPECT_TRUE(credential["expires_at"].is_null());
    EXPECT_EQ(role_names(credential), (std::set<std::string>{"member", "reader", "creator"}));
    const auto answer = use(id_and_secret(credential));
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto token = answer.json()["token"];
    EXPECT_EQ(token["methods"], json({"application_credential"}));
    EXPECT_EQ(token["user"]["id"], owner_);
    EXPECT_EQ(token["project"]["id"], demo_);
    EXPECT_EQ(token["application_credential"],
              (json{{"id", credential["id"]}, {"name", "robot"}, {"restricted", true}}));
    const json by_name = {{"name", "robot"},
                          {"secret", credential["secret"]},
                          {"user", {{"name", "owner"}, {"domain", {{"id", "default"}}}}}};
    EXPECT_EQ(use(by_name).status, 201);
    // The secret is told once.
    EXPECT_FALSE(
        client_->get(path_, with(token_)).json()["application_credentials"][0].contains("secret"));
    EXPECT_EQ(create({{"name", "robot"}}, token_).json()["error"]["message"],
              "Conflict occurred attempting to store application_credential - Duplicate entry "
              "found with name robot.");
}

TEST_F(CredentialsTest, ItCanBeNarrowedToSomeRolesAndATime) {
    const auto credential =
        made({{"name", "narrow"},
              {"secret", "chosen by hand"},
              {"roles", json::array({json{{"name", "creator"}}})},
              {"expires_at", http::timestamp_naive(clock_->now() + std::chrono::minutes(30))}});
    EXPECT_EQ(credential["secret"], "chosen by hand");
    const auto answer = use(id_and_secret(credential));
    EXPECT_EQ(role_names(answer.json()["token"]), (std::set<std::string>{"creator"}));
    EXPECT_EQ(answer.json()["token"]["expires_at"].get<std::string>().substr(0, 19),
              credential["expires_at"].get<std::string>().substr(0, 19));
    clock_->advance(std::chrono::minutes(31));
    EXPECT_EQ(use(id_and_secret(credential)).status, 401);

    token_ = token("owner", "demo");
    EXPECT_EQ(create({{"name", "x"}, {"roles", json::array({json{{"name", "admin"}}})}}, token_)
                  .json()["error"]["message"],
              "Invalid application credential: Cannot create an application credential with "
              "unassigned role");
    EXPECT_EQ(create({{"name", "x"}, {"expires_at", "2001-01-01T00:00:00"}}, token_).status, 400);
    EXPECT_EQ(create({{"name", "x"}, {"expires_at", "soon"}}, token_).status, 400);
    EXPECT_EQ(create(json::object(), token_)
                  .json()["error"]["message"]
                  .get<std::string>()
                  .rfind("'name' is a required property\n\nFailed validating 'required'", 0),
              0u);
}

TEST_F(CredentialsTest, WrongSecretsAndScopesAreRefused) {
    const auto credential = made({{"name", "robot"}});
    EXPECT_EQ(use({{"id", credential["id"]}, {"secret", "wrong"}}).status, 401);
    EXPECT_EQ(use({{"id", "nobody"}, {"secret", "x"}}).status, 401);
    EXPECT_EQ(use({{"id", credential["id"]}}).status, 401);
    EXPECT_EQ(use(json::object()).status, 400);
    const json body = {{"auth",
                        {{"identity",
                          {{"methods", {"application_credential"}},
                           {"application_credential", id_and_secret(credential)}}},
                         {"scope", project_scope("demo")}}}};
    EXPECT_EQ(client_->post("/v3/auth/tokens", body).json()["error"]["message"],
              "Error authenticating with application credential: Application credentials cannot "
              "request a scope.");
}

TEST_F(CredentialsTest, OnlyAnUnrestrictedOneMakesMore) {
    const auto token_of = [&](const json& credential) {
        return use(id_and_secret(credential)).header("X-Subject-Token");
    };
    const auto refused = create({{"name", "child"}}, token_of(made({{"name", "plain"}})));
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("is not allowed for managing additional application credentials"),
              std::string::npos);
    const auto free_one = made({{"name", "free"}, {"unrestricted", true}});
    EXPECT_EQ(create({{"name", "child"}}, token_of(free_one)).status, 201);
    EXPECT_EQ(create({{"name", "x"}}, token("admin", "admin")).status, 403);
}

TEST_F(CredentialsTest, WithItGoesEveryTokenItGave) {
    const auto credential = made({{"name", "robot"}});
    const auto robot = use(id_and_secret(credential)).header("X-Subject-Token");
    const auto works = [&] { return client_->get("/v3/auth/projects", with(robot)).status; };
    EXPECT_EQ(works(), 200);
    const auto one = path_ + "/" + credential["id"].get<std::string>();
    EXPECT_EQ(client_->get(one, with(token("nova", "service"))).status, 403);
    EXPECT_EQ(client_->get(one, with(token("admin", "admin"))).status, 200);
    EXPECT_EQ(client_->remove(one, with(token_)).status, 204);
    EXPECT_EQ(works(), 401);
    EXPECT_EQ(client_->get(one, with(token_)).json()["error"]["message"],
              "Could not find Application Credential: " + credential["id"].get<std::string>() +
                  ".");
}

TEST_F(CredentialsTest, AccessRulesHideATokenFromThoseWhoDoNotKnowThem) {
    const json rule = {{"service", "compute"}, {"path", "/v2.1/servers"}, {"method", "GET"}};
    const auto credential = made({{"name", "narrow"}, {"access_rules", json::array({rule})}});
    EXPECT_EQ(credential["access_rules"][0]["path"], "/v2.1/servers");
    const auto robot = use(id_and_secret(credential)).header("X-Subject-Token");
    const auto nova = token("nova", "service");
    EXPECT_EQ(client_->get("/v3/auth/tokens", {{"X-Auth-Token", nova}, {"X-Subject-Token", robot}})
                  .status,
              404);
    const auto known =
        client_->get("/v3/auth/tokens", {{"X-Auth-Token", nova},
                                         {"X-Subject-Token", robot},
                                         {"OpenStack-Identity-Access-Rules", "1.0"}});
    EXPECT_EQ(known.json()["token"]["application_credential"]["access_rules"].size(), 1u);
    const auto rules = "/v3/users/" + owner_ + "/access_rules";
    const auto all = client_->get(rules, with(token_)).json()["access_rules"];
    ASSERT_EQ(all.size(), 1u);
    const auto one = rules + "/" + all[0]["id"].get<std::string>();
    EXPECT_EQ(client_->remove(one, with(token_)).json()["error"]["message"],
              "May not delete access rule in use");
    EXPECT_EQ(
        client_->remove(path_ + "/" + credential["id"].get<std::string>(), with(token_)).status,
        204);
    EXPECT_EQ(client_->remove(one, with(token_)).status, 204);
    EXPECT_EQ(
        create({{"name", "x"},
                {"access_rules", json::array({json{{"path", "servers"}, {"method", "GET"}}})}},
               token_)
            .status,
        400);
}

TEST_F(CredentialsTest, ItsSecretIsInNoJournal) {
    const auto credential = made({{"name", "robot"}, {"secret", "only-for-the-robot"}});
    EXPECT_EQ(use(id_and_secret(credential)).status, 201);
    EXPECT_EQ(journal_.to_jsonl().find("only-for-the-robot"), std::string::npos);
}

} // namespace
} // namespace vtpmlab::fakes::keystone
