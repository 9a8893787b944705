#pragma once
// A Keystone with the people of the policy table, and a Barbican that asks it about their tokens.

#include "barbican/barbican.h"
#include "http/keystone_validator.h"
#include "keystone/keystone.h"
#include "support/api_client.h"

#include <vtpmlab/encoding.h>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::fakes::barbican {

class KeyManagerTest : public ::testing::Test {
protected:
    using json = nlohmann::json;

    void SetUp() override {
        keystone::KeystoneConfig config;
        config.clock = clock_;
        config.journal = &journal_;
        keystone_ = std::move(*keystone::Keystone::start(std::move(config)));
        person("barbican", "service", {"service"});
        person("owner", "demo", {"member", "creator"});
        person("owner-member", "demo", {"member"});
        person("peer", "demo", {"member", "creator"});
        person("other", "elsewhere", {"member", "creator"});
        person("admin", "admin", {"admin"});
        person("demo-admin", "demo", {"admin"});
        person("nova", "service", {"admin", "service"});
        person("service-only", "service", {"service"});
        person("audit", "demo", {"audit"});
        person("observer", "demo", {"observer"});
        start(PolicyDefaults::legacy);
    }

    void start(PolicyDefaults policy, std::map<std::string, std::string> overrides = {},
               const std::string& database = {}) {
        http::KeystoneValidatorConfig asking;
        asking.auth_url = keystone_->url();
        asking.user = "barbican";
        asking.password = SecretValue("barbican-pw");
        asking.clock = clock_;
        BarbicanConfig config;
        config.database = database;
        config.keystone_url = keystone_->url();
        config.validator = std::make_shared<http::KeystoneValidator>(std::move(asking));
        config.policy = policy;
        config.policy_overrides = std::move(overrides);
        config.journal = &journal_;
        config.clock = clock_;
        barbican_.reset();
        auto started = Barbican::start(std::move(config));
        ASSERT_TRUE(started) << started.error().message;
        barbican_ = std::move(*started);
        client_ = std::make_unique<test::ApiClient>(barbican_->url());
    }

    void person(const std::string& name, const std::string& project,
                const std::vector<std::string>& roles) {
        const auto project_id = keystone_->ensure_project(project);
        user_ids_[name] = keystone_->ensure_user(name, SecretValue(name + "-pw"), project_id);
        for (const auto& role : roles)
            keystone_->ensure_role_assignment(user_ids_[name], project_id, role);
        test::ApiClient client(keystone_->url());
        const json domain = {{"id", "default"}};
        const auto issued = client.post(
            "/v3/auth/tokens",
            {{"auth",
              {{"identity",
                {{"methods", {"password"}},
                 {"password",
                  {{"user", {{"name", name}, {"domain", domain}, {"password", name + "-pw"}}}}}}},
               {"scope", {{"project", {{"name", project}, {"domain", domain}}}}}}}});
        ASSERT_EQ(issued.status, 201) << issued.body;
        tokens_[name] = issued.header("X-Subject-Token");
    }

    // The header a request of that person bears.
    [[nodiscard]] httplib::Headers by(const std::string& name, httplib::Headers more = {}) const {
        more.emplace("X-Auth-Token", tokens_.at(name));
        return more;
    }

    static json passphrase(const std::string& payload, const std::string& name = "vTPM secret") {
        return {{"name", name},
                {"secret_type", "passphrase"},
                {"payload", base64_encode(payload)},
                {"payload_content_type", "application/octet-stream"},
                {"payload_content_encoding", "base64"}};
    }

    // The path of a new secret.
    std::string made_by(const std::string& name, const json& body) {
        const auto answer = client_->post("/v1/secrets/", body, by(name));
        EXPECT_EQ(answer.status, 201) << answer.body;
        const auto reference = answer.json().value("secret_ref", "");
        return reference.substr(reference.find("/v1/"));
    }
    std::string made_by(const std::string& name) { return made_by(name, passphrase("pass")); }

    int payload_status(const std::string& path, const std::string& name) {
        return client_->get(path + "/payload", by(name, {{"Accept", "application/octet-stream"}}))
            .status;
    }

    std::shared_ptr<ManualClock> clock_ =
        std::make_shared<ManualClock>(Clock::Time(std::chrono::hours(500000)));
    http::Journal journal_;
    std::unique_ptr<keystone::Keystone> keystone_;
    std::unique_ptr<Barbican> barbican_;
    std::unique_ptr<test::ApiClient> client_;
    std::map<std::string, std::string> user_ids_, tokens_;
};

} // namespace vtpmlab::fakes::barbican
