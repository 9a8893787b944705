#include "neutron/neutron.h"
#include "support/api_client.h"
#include "support/fake_tokens.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::neutron {
namespace {

TEST(Neutron, AnswersWhatNovaAsksEvenWithoutANetwork) {
    NeutronConfig config;
    config.validator = std::make_shared<test::FakeTokens>();
    const auto neutron = std::move(*Neutron::start(std::move(config)));
    test::ApiClient client(neutron->url());
    EXPECT_EQ(client.get("/").json()["versions"][0]["id"], "v2.0");
    EXPECT_EQ(client.get("/v2.0/ports").status, 401);
    client.with("X-Auth-Token", test::fake_token("nova", "service", "service"));
    const std::pair<const char*, const char*> lists[] = {
        {"/v2.0/ports?tenant_id=p&device_id=i", "ports"},
        {"/v2.0/networks?tenant_id=p&shared=False", "networks"},
        {"/v2.0/networks?shared=True", "networks"},
        {"/v2.0/extensions", "extensions"},
        {"/v2.0/security-groups", "security_groups"},
        {"/v2.0/floatingips", "floatingips"},
        {"/v2.0/subnets", "subnets"}};
    for (const auto& [path, key] : lists) {
        const auto answer = client.get(path);
        EXPECT_EQ(answer.status, 200) << path;
        EXPECT_EQ(answer.json(), nlohmann::json({{key, nlohmann::json::array()}})) << path;
    }
    const auto missing = client.get("/v2.0/networks/none");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.json()["NeutronError"]["message"], "networks none could not be found.");
}

} // namespace
} // namespace vtpmlab::fakes::neutron
