// Recorded answers of a real Keystone against ours.

#include "keystone/keystone.h"
#include "support/api_client.h"
#include "support/wire_replay.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {
namespace {

TEST(KeystoneWire, AnswersAsTheRealOne) {
    auto started = Keystone::start({});
    ASSERT_TRUE(started);
    Keystone& keystone = **started;
    const SecretValue password("a long password");
    const auto project = keystone.ensure_project("admin");
    const auto user = keystone.ensure_user("admin", password);
    for (const char* role : {"admin", "member", "reader"})
        keystone.ensure_role_assignment(user, project, role);

    test::ApiClient client(keystone.url());
    const nlohmann::json domain = {{"name", "Default"}};
    const auto issued = client.post(
        "/v3/auth/tokens",
        {{"auth",
          {{"identity",
            {{"methods", {"password"}},
             {"password",
              {{"user",
                {{"name", "admin"}, {"domain", domain}, {"password", password.reveal()}}}}}}},
           {"scope", {{"project", {{"name", "admin"}, {"domain", domain}}}}}}}});
    ASSERT_EQ(issued.status, 201) << issued.body;

    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/wire-samples.jsonl";
    config.base_url = keystone.url() + "/v3";
    config.token = issued.header("X-Subject-Token");
    config.variables = {{"USER", "admin"},
                        {"PASSWORD", std::string(password.reveal())},
                        {"PROJECT", "admin"},
                        {"DOMAIN", "Default"},
                        {"TOKEN", config.token}};
    config.blanks = {{"keystone", keystone.url()}};
    const char* other_cloud = "the recorded cloud has other services";
    config.ignored = {{"/token/catalog", other_cloud},
                      {"/token/roles", "the order of roles is the database's"},
                      {"/token/audit_ids", "random, and blanked in the samples"},
                      {"/catalog", other_cloud},
                      {"/services", other_cloud},
                      {"/endpoints", other_cloud},
                      {"/projects/0/description", "written by keystone-manage bootstrap"},
                      {"/links", "not recorded with the auth catalog"}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 20);
}

} // namespace
} // namespace vtpmlab::fakes::keystone
