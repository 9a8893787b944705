#pragma once
// A Glance and the people who use it, for tests: tokens are names, no Keystone is asked.

#include "glance/glance.h"
#include "support/api_client.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::glance {

// The token "owner@demo:member,reader" is user owner in project demo with two roles.
class NamedTokens final : public http::TokenValidator {
public:
    Result<std::shared_ptr<const http::Identity>> validate(std::string_view token,
                                                           http::AllowExpired) override {
        const auto at = token.find('@'), colon = token.find(':');
        if (at == std::string_view::npos || colon == std::string_view::npos)
            return std::shared_ptr<const http::Identity>();
        auto identity = std::make_shared<http::Identity>();
        identity->user_id = identity->user_name = token.substr(0, at);
        identity->project_id = identity->project_name = token.substr(at + 1, colon - at - 1);
        std::string_view roles = token.substr(colon + 1);
        while (!roles.empty()) {
            const auto role = roles.substr(0, roles.find(','));
            identity->roles.emplace_back(role);
            roles.remove_prefix(std::min(role.size() + 1, roles.size()));
        }
        return std::shared_ptr<const http::Identity>(std::move(identity));
    }
};

class GlanceTest : public ::testing::Test {
protected:
    void SetUp() override { start({}); }

    void start(GlanceConfig config) {
        glance_.reset();
        config.validator = std::make_shared<NamedTokens>();
        config.clock = clock_;
        config.journal = &journal_;
        auto started = Glance::start(std::move(config));
        ASSERT_TRUE(started) << started.error().message;
        glance_ = std::move(*started);
    }

    [[nodiscard]] test::ApiClient as(const std::string& token) const {
        test::ApiClient client(glance_->url());
        client.with("X-Auth-Token", token).with("Accept", "application/json");
        return client;
    }
    [[nodiscard]] test::ApiClient owner() const { return as("owner@demo:member"); }
    [[nodiscard]] test::ApiClient other() const { return as("other@other:member"); }
    [[nodiscard]] test::ApiClient reader() const { return as("reader@demo:reader"); }
    [[nodiscard]] test::ApiClient admin() const { return as("admin@admin:admin"); }

    // The id of a new image with formats; time moves, so that the order of creation shows.
    std::string create(test::ApiClient client, nlohmann::json fields = nlohmann::json::object()) {
        fields.emplace("disk_format", "raw");
        fields.emplace("container_format", "bare");
        clock_->advance(std::chrono::seconds(1));
        const auto answer = client.post("/v2/images", fields);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json().value("id", "");
    }
    static test::Answer upload(test::ApiClient client, const std::string& id,
                               const std::string& data) {
        return client.send("PUT", "/v2/images/" + id + "/file", data,
                           {{"Content-Type", "application/octet-stream"}});
    }
    static test::Answer patch(test::ApiClient client, const std::string& id,
                              const nlohmann::json& operations) {
        return client.send("PATCH", "/v2/images/" + id, operations.dump(),
                           {{"Content-Type", "application/openstack-images-v2.1-json-patch"}});
    }

    std::shared_ptr<ManualClock> clock_ =
        std::make_shared<ManualClock>(Clock::Time(std::chrono::hours(500000)));
    http::Journal journal_;
    std::unique_ptr<Glance> glance_;
};

} // namespace vtpmlab::fakes::glance
