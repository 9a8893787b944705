#include "neutron/neutron.h"
#include "support/api_client.h"
#include "support/fake_tokens.h"

#include <gtest/gtest.h>

#include <optional>
#include <tuple>

namespace vtpmlab::fakes::neutron {
namespace {

using nlohmann::json;

class NeutronsPages : public testing::Test {
protected:
    NeutronsPages() {
        NeutronConfig config;
        config.validator = std::make_shared<test::FakeTokens>();
        neutron_ = std::move(*Neutron::start(std::move(config)));
        client_.emplace(neutron_->url());
        client_->with("X-Auth-Token", test::fake_token("nova", "service", "service"));
    }
    [[nodiscard]] std::string href(const std::string& path) const {
        return neutron_->url() + "/v2.0/" + path;
    }

    std::unique_ptr<Neutron> neutron_;
    std::optional<test::ApiClient> client_;
};

TEST_F(NeutronsPages, AnEmptyPageHasOnlyALinkBack) {
    const auto page = [&](const std::string& query) {
        return client_->get("/v2.0/subnets?" + query).json();
    };
    const json empty = {{"subnets", json::array()}};
    const auto with_link = [&](const char* rel, const std::string& query) {
        json body = empty;
        body["subnets_links"] = {{{"rel", rel}, {"href", href("subnets?" + query)}}};
        return body;
    };
    EXPECT_EQ(page("limit=5"), with_link("previous", "limit=5&page_reverse=True"));
    EXPECT_EQ(page("name=a%20b%2Fc&marker=m&limit=5"),
              with_link("previous", "name=a+b%2Fc&limit=5&page_reverse=True"));
    EXPECT_EQ(page("limit=5&page_reverse=TRUE"), with_link("next", "limit=5"));
    for (const char* none : {"limit=0", "limit=%2B0_0", "limit=-0", "limit=7&limit=0", "marker=m"})
        EXPECT_EQ(page(none), empty) << none;
    EXPECT_EQ(client_->get("/v2.0/extensions?limit=5").json(),
              json({{"extensions", json::array()}}));
}

TEST_F(NeutronsPages, ALimitIsANumberFromZeroOn) {
    for (const std::string limit : {"x", "-1", "5.0", "1__0", "_1", "1_", "", "+"}) {
        const auto answer = client_->get("/v2.0/ports?limit=" + (limit == "+" ? "%2B" : limit));
        EXPECT_EQ(answer.status, 400) << limit;
        EXPECT_EQ(answer.json(),
                  json({{"NeutronError",
                         {{"type", "BadRequest"},
                          {"message", "Bad limit request: Limit must be an integer 0 or greater "
                                      "and not '" +
                                          limit + "'."},
                          {"detail", ""}}}}));
    }
}

// Networks, ports and routers are looked up by their marker before the list is.
TEST_F(NeutronsPages, AMarkerThatIsNotThereIsMissedBySome) {
    const std::tuple<const char*, const char*, const char*> missed[] = {
        {"networks", "NetworkNotFound", "Network m could not be found."},
        {"ports", "PortNotFound", "Port m could not be found."},
        {"routers", "RouterNotFound", "Router m could not be found"}};
    for (const auto& [path, type, message] : missed) {
        const auto answer = client_->get(std::string("/v2.0/") + path + "?limit=1&marker=m");
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_EQ(answer.json()["NeutronError"]["type"], type);
        EXPECT_EQ(answer.json()["NeutronError"]["message"], message);
        EXPECT_EQ(client_->get(std::string("/v2.0/") + path + "?marker=m").status, 200) << path;
    }
    EXPECT_EQ(client_->get("/v2.0/security-groups?limit=1&marker=m").status, 200);
}

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
