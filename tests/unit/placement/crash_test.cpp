// A Placement that is killed in the middle of its writes: what it has answered is there when it is
// started again, and nothing is there by half.

#include "placement/placement.h"
#include "support/api_client.h"
#include "support/fake_tokens.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace vtpmlab::fakes::placement {
namespace {

using nlohmann::json;

const std::string host = "11111111-1111-4111-8111-111111111111";
const std::string first = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const std::string second = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";

Result<std::unique_ptr<Placement>> start(const std::filesystem::path& file) {
    PlacementConfig config;
    config.database = file;
    config.validator = std::make_shared<test::FakeTokens>();
    return Placement::start(std::move(config));
}

std::unique_ptr<test::ApiClient> client_of(const std::string& url) {
    auto client = std::make_unique<test::ApiClient>(url);
    client->with("X-Auth-Token", test::fake_token("nova", "service", "admin"));
    client->with("OpenStack-API-Version", "placement 1.39");
    return client;
}

// The service in a process of its own, which is killed when this goes.
class OwnProcess {
public:
    explicit OwnProcess(const std::filesystem::path& file) {
        int ends[2];
        if (pipe(ends) != 0)
            std::abort();
        process_ = fork();
        if (process_ == 0) {
            const auto placement = start(file);
            const std::string url = placement ? (*placement)->url() : "";
            if (write(ends[1], url.data(), url.size()) < 0)
                _exit(1);
            close(ends[1]);
            for (;;)
                pause();
        }
        close(ends[1]);
        char text[64];
        for (ssize_t n; (n = read(ends[0], text, sizeof text)) > 0;)
            url_.append(text, static_cast<std::size_t>(n));
        close(ends[0]);
    }
    ~OwnProcess() { kill_now(); }
    OwnProcess(const OwnProcess&) = delete;
    OwnProcess& operator=(const OwnProcess&) = delete;

    void kill_now() {
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        process_ = 0;
    }
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    pid_t process_ = 0;
    std::string url_;
};

// Both consumers take `amount` of the host, in one request.
json both(int amount, const json& generation) {
    json body;
    for (const auto& consumer : {first, second})
        body[consumer] = {
            {"allocations", {{host, {{"resources", {{"VCPU", amount}, {"DISK_GB", amount}}}}}}},
            {"project_id", "p"},
            {"user_id", "u"},
            {"consumer_generation", generation},
            {"consumer_type", "INSTANCE"}};
    return body;
}

TEST(PlacementCrash, WhatWasAnsweredIsThereAndNothingByHalf) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("vtpmlab-crash-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    const auto file = directory / "placement.sqlite";
    int answered = 0; // requests answered 204, over all lives of the service
    for (int life = 0; life < 5; ++life) {
        OwnProcess service(file);
        ASSERT_FALSE(service.url().empty());
        auto client = client_of(service.url());
        if (life == 0) {
            ASSERT_EQ(client->post("/resource_providers", {{"uuid", host}, {"name", "h"}}).status,
                      200);
            ASSERT_EQ(client
                          ->put("/resource_providers/" + host + "/inventories",
                                {{"resource_provider_generation", 0},
                                 {"inventories",
                                  {{"VCPU", {{"total", 1000}}}, {"DISK_GB", {{"total", 1000}}}}}})
                          .status,
                      200);
        }
        const int enough = answered + 10 + 7 * life;
        std::atomic<bool> killed = false;
        std::thread killer;
        for (;;) {
            const json generation = answered == 0 ? json(nullptr) : json(answered);
            const auto answer = client->post("/allocations", both(answered % 100 + 1, generation));
            if (answer.status != 204)
                break; // the connection is gone
            if (++answered == enough)
                killer = std::thread([&] {
                    service.kill_now();
                    killed = true;
                });
        }
        ASSERT_TRUE(killer.joinable());
        killer.join();
        ASSERT_TRUE(killed);

        const auto again = start(file);
        ASSERT_TRUE(again) << again.error().message;
        client = client_of((*again)->url());
        const json one = client->get("/allocations/" + first).json();
        const json other = client->get("/allocations/" + second).json();
        EXPECT_EQ(one, other);
        // The last request may have been written without an answer.
        const int written = one["consumer_generation"];
        EXPECT_GE(written, answered);
        EXPECT_LE(written, answered + 1);
        answered = written;
        const int amount = (written - 1) % 100 + 1;
        EXPECT_EQ(one["allocations"][host]["resources"],
                  json({{"VCPU", amount}, {"DISK_GB", amount}}));
        EXPECT_EQ(one["allocations"][host]["generation"], 1 + written);
        EXPECT_EQ(client->get("/resource_providers/" + host + "/usages").json()["usages"],
                  json({{"VCPU", 2 * amount}, {"DISK_GB", 2 * amount}}));
    }
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace vtpmlab::fakes::placement
