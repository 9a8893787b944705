#pragma once
// A Keystone with three people: an owner, an admin and a service.

#include "keystone/keystone.h"
#include "support/api_client.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::keystone {

using nlohmann::json;
using test::ApiClient;

inline json password_auth(const std::string& user, const std::string& password,
                          const json& scope = nullptr) {
    json body = {
        {"auth",
         {{"identity",
           {{"methods", {"password"}},
            {"password",
             {{"user",
               {{"name", user}, {"domain", {{"id", "default"}}}, {"password", password}}}}}}}}}};
    if (!scope.is_null())
        body["auth"]["scope"] = scope;
    return body;
}

inline json project_scope(const std::string& name) {
    return {{"project", {{"name", name}, {"domain", {{"id", "default"}}}}}};
}

class KeystoneTest : public ::testing::Test {
protected:
    void SetUp() override {
        KeystoneConfig config;
        config.clock = clock_;
        config.journal = &journal_;
        keystone_ = std::move(*Keystone::start(std::move(config)));
        demo_ = keystone_->ensure_project("demo");
        admin_project_ = keystone_->ensure_project("admin");
        owner_ = keystone_->ensure_user("owner", SecretValue("owner-pw"));
        keystone_->ensure_role_assignment(owner_, demo_, "member");
        const auto admin = keystone_->ensure_user("admin", SecretValue("admin-pw"));
        keystone_->ensure_role_assignment(admin, admin_project_, "admin");
        keystone_->ensure_system_role(admin, "admin");
        const auto nova = keystone_->ensure_user("nova", SecretValue("nova-pw"));
        const auto service = keystone_->ensure_project("service");
        keystone_->ensure_role_assignment(nova, service, "service");
        client_ = std::make_unique<ApiClient>(keystone_->url());
    }

    std::string token(const std::string& user, const std::string& project) {
        const auto answer = client_->post(
            "/v3/auth/tokens", password_auth(user, user + "-pw", project_scope(project)));
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.header("X-Subject-Token");
    }

    std::shared_ptr<ManualClock> clock_ =
        std::make_shared<ManualClock>(Clock::Time(std::chrono::hours(500000)));
    http::Journal journal_;
    std::unique_ptr<Keystone> keystone_;
    std::unique_ptr<ApiClient> client_;
    std::string demo_, admin_project_, owner_;
};

} // namespace vtpmlab::fakes::keystone
