// /__control of the real services: their state is kept and brought back, time moves for all of
// them.

#include "cloud_client.h"
#include "services.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace vtpmlab::fakes {
namespace {

using nlohmann::json;
using test::ApiClient;
using test::log_in;

constexpr const char* control_token = "c0ntr0l-t0ken";

class ControlledCloud : public ::testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        if (GetParam())
            directory_ = std::filesystem::temp_directory_path() /
                         ("vtpmlab-control-" + std::to_string(::getpid()));
        start();
    }
    void TearDown() override {
        services_.reset();
        if (!directory_.empty())
            std::filesystem::remove_all(directory_);
    }

    void start() {
        services_.reset();
        ServicesConfig config;
        config.state_dir = directory_;
        config.control = std::make_shared<http::Control>(SecretValue(control_token),
                                                         std::make_shared<http::AdjustableClock>());
        auto services = Services::start(std::move(config));
        ASSERT_TRUE(services) << services.error().message;
        services_ = std::move(*services);
        ASSERT_TRUE(services_->keep_pristine());
        login();
    }
    void login() {
        admin_ = log_in(*services_, **services_->persona("admin"));
        owner_ = log_in(*services_, **services_->persona("owner"));
        ASSERT_EQ(owner_.status, 201);
    }
    ApiClient as(const test::Login& login, const char* type) {
        ApiClient client(test::origin_of(login.endpoints.at(type)));
        client.with("X-Auth-Token", login.token);
        if (std::string(type) == "placement")
            client.with("OpenStack-API-Version", "placement 1.39");
        return client;
    }
    int control(const char* type, const std::string& path, const json& body) {
        ApiClient client(test::origin_of(owner_.endpoints.at(type)));
        return client.with("X-Vtpmlab-Control", control_token)
            .post("/__control" + path, body)
            .status;
    }

    std::filesystem::path directory_;
    std::unique_ptr<Services> services_;
    test::Login admin_, owner_;
};

TEST_P(ControlledCloud, EveryStoreIsKeptAndBroughtBack) {
    auto placement = as(admin_, "placement");
    auto barbican = as(owner_, "key-manager");
    auto glance = as(owner_, "image");
    auto keystone = as(admin_, "identity");
    const auto count = [](const test::Answer& answer, const char* key) {
        return answer.json()[key].size();
    };
    ASSERT_EQ(placement.post("/resource_providers", {{"name", "one"}}).status, 200);
    ASSERT_EQ(barbican
                  .post("/v1/secrets",
                        {{"name", "one"}, {"payload", "x"}, {"payload_content_type", "text/plain"}})
                  .status,
              201);
    const std::string image =
        glance
            .post("/v2/images",
                  {{"name", "one"}, {"disk_format", "raw"}, {"container_format", "bare"}})
            .json()["id"];
    const httplib::Headers bytes = {{"Content-Type", "application/octet-stream"}};
    ASSERT_EQ(glance.send("PUT", "/v2/images/" + image + "/file", "data", bytes).status, 204);
    ASSERT_EQ(keystone.post("/v3/projects", {{"project", {{"name", "one"}}}}).status, 201);

    for (const char* type : {"placement", "key-manager", "image", "identity"})
        ASSERT_EQ(control(type, "/snapshot", {{"name", "one"}}), 204) << type;

    ASSERT_EQ(placement.post("/resource_providers", {{"name", "two"}}).status, 200);
    ASSERT_EQ(barbican.post("/v1/secrets", {{"name", "two"}}).status, 201);
    ASSERT_EQ(glance.remove("/v2/images/" + image).status, 204);
    ASSERT_EQ(keystone.post("/v3/projects", {{"project", {{"name", "two"}}}}).status, 201);

    for (const char* type : {"placement", "key-manager", "image", "identity"})
        ASSERT_EQ(control(type, "/restore", {{"name", "one"}}), 204) << type;

    EXPECT_EQ(count(placement.get("/resource_providers"), "resource_providers"), 1u);
    EXPECT_EQ(barbican.get("/v1/secrets").json()["total"], 1);
    EXPECT_EQ(glance.get("/v2/images/" + image + "/file").body, "data");
    EXPECT_EQ(count(keystone.get("/v3/projects?name=one"), "projects"), 1u);
    EXPECT_EQ(count(keystone.get("/v3/projects?name=two"), "projects"), 0u);
    // What is restored can be changed again.
    EXPECT_EQ(placement.post("/resource_providers", {{"name", "three"}}).status, 200);

    for (const char* type : {"placement", "key-manager", "image", "identity"})
        ASSERT_EQ(control(type, "/reset", json::object()), 204) << type;
    // The tokens given since then are gone with the rest; everybody can come in again.
    login();
    EXPECT_EQ(count(as(admin_, "placement").get("/resource_providers"), "resource_providers"), 0u);
    EXPECT_EQ(as(owner_, "key-manager").get("/v1/secrets").json()["total"], 0);
    EXPECT_EQ(count(as(owner_, "image").get("/v2/images"), "images"), 0u);
    EXPECT_TRUE(services_->leftovers().empty());
}

TEST_P(ControlledCloud, ASnapshotInAFileOutlivesTheProcess) {
    if (directory_.empty())
        return; // in memory there is nothing that could
    ASSERT_EQ(as(admin_, "placement").post("/resource_providers", {{"name", "one"}}).status, 200);
    ASSERT_EQ(control("placement", "/snapshot", {{"name", "kept"}}), 204);
    ASSERT_EQ(as(admin_, "placement").post("/resource_providers", {{"name", "two"}}).status, 200);
    start();
    ASSERT_EQ(control("placement", "/restore", {{"name", "kept"}}), 204);
    const auto listed = as(admin_, "placement").get("/resource_providers").json();
    ASSERT_EQ(listed["resource_providers"].size(), 1u);
    EXPECT_EQ(listed["resource_providers"][0]["name"], "one");
}

TEST_P(ControlledCloud, TimeThatIsMovedOnEndsTokensEverywhere) {
    EXPECT_EQ(as(owner_, "key-manager").get("/v1/secrets").status, 200);
    ASSERT_EQ(control("identity", "/clock", {{"advance", "2h"}}), 200);
    for (const auto& [type, path] : {std::pair{"key-manager", "/v1/secrets"},
                                     {"image", "/v2/images"},
                                     {"identity", "/v3/auth/projects"}})
        EXPECT_EQ(as(owner_, type).get(path).status, 401) << type;
    login();
    EXPECT_EQ(as(owner_, "key-manager").get("/v1/secrets").status, 200);
}

TEST_P(ControlledCloud, AServicesFaultsAreItsOwn) {
    ASSERT_EQ(control("key-manager", "/faults",
                      {{"method", "POST"}, {"route", "/v1/secrets"}, {"status", 500}, {"nth", 1}}),
              201);
    EXPECT_EQ(as(owner_, "image").get("/v2/images").status, 200);
    const auto refused = as(owner_, "key-manager").post("/v1/secrets", {{"name", "x"}});
    EXPECT_EQ(refused.status, 500);
    EXPECT_EQ(refused.json()["title"], "Internal Server Error");
    EXPECT_EQ(as(owner_, "key-manager").post("/v1/secrets", {{"name", "x"}}).status, 201);
    EXPECT_EQ(services_->journal().to_jsonl().find(control_token), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(State, ControlledCloud, ::testing::Values(false, true),
                         [](const auto& test) { return test.param ? "InFiles" : "InMemory"; });

} // namespace
} // namespace vtpmlab::fakes
