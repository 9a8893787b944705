// nova-compute that is stopped, or dies of what it does, and what it makes of that when it comes
// up.

#include "cloud_fixture.h"

#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// What is done, after which step the service dies of it, and the server's status once it is up
// again. Mode user: the system has no token for anything.
struct Death {
    const char* operation; // the action's key in the body; "create" and "delete" are none
    std::string_view step;
    const char* status;
};

void PrintTo(const Death& death, std::ostream* out) {
    *out << death.operation << " after " << death.step;
}

class ComputeDies : public CloudTest, public testing::WithParamInterface<Death> {
protected:
    void begin(const std::string& id, const std::string& operation) {
        if (operation == "delete")
            EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
        else if (operation == "soft reboot")
            EXPECT_EQ(act(id, "reboot", {{"type", "SOFT"}}).status, 202);
        else if (operation == "reboot")
            EXPECT_EQ(act(id, "reboot", {{"type", "HARD"}}).status, 202);
        else if (operation == "createImage")
            EXPECT_EQ(act(id, "createImage", {{"name", "shot"}}).status, 202);
        else
            EXPECT_EQ(
                act(id, operation, nullptr, operation == "migrate" ? "admin" : "owner").status,
                202);
    }
    [[nodiscard]] std::string status_of(const std::string& id) {
        const auto answer = call("admin", "GET", "/servers/" + id);
        return answer.status == 404 ? "gone" : answer.body["server"]["status"].get<std::string>();
    }
};

TEST_P(ComputeDies, AndGoesOnAsNovaDoes) {
    const auto& [operation, step, status] = GetParam();
    start({.hosts = hosts_named({"compute-1", "compute-2"})});
    std::string id;
    std::string identity;
    if (operation == std::string("create")) {
        compute().kill_after(std::string(step));
        id = create_with({{"hw:tpm_version", "2.0"}});
    } else {
        id = create_with({{"hw:tpm_version", "2.0"}});
        static_cast<void>(wait_for(id, "ACTIVE"));
        identity = hypervisor().tpm_identity(id);
        ASSERT_NE(identity, "");
        if (operation == std::string("os-start")) {
            ASSERT_EQ(act(id, "os-stop").status, 202);
            static_cast<void>(wait_for(id, "SHUTOFF"));
        }
        compute().kill_after(std::string(step));
        begin(id, operation);
    }
    wait_until_dead();
    EXPECT_FALSE(compute().is_running());
    const auto started = compute().start();
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(status_of(id), status);
    // Whatever happened, the owner can have it back or be rid of it.
    if (status == std::string("gone"))
        return;
    if (operation != std::string("create") && operation != std::string("delete")) {
        ASSERT_EQ(act(id, "reboot", {{"type", "HARD"}}).status, 202);
        static_cast<void>(wait_for(id, "ACTIVE"));
        EXPECT_EQ(hypervisor().tpm_identity(id), identity) << "a silently fresh TPM";
    }
    remove(id);
}

using namespace compute_step;

INSTANTIATE_TEST_SUITE_P(
    AtEveryStep, ComputeDies,
    testing::Values(
        Death{"create", secret_made, "ERROR"}, Death{"create", disks_made, "ERROR"},
        Death{"create", secret_on_host, "ERROR"}, Death{"create", domain_defined, "ERROR"},
        Death{"create", domain_started, "ERROR"}, Death{"os-stop", domain_stopped, "SHUTOFF"},
        Death{"os-start", domain_undefined, "SHUTOFF"},
        Death{"os-start", secret_on_host, "SHUTOFF"}, Death{"os-start", domain_defined, "SHUTOFF"},
        Death{"os-start", domain_started, "SHUTOFF"}, Death{"reboot", domain_stopped, "ERROR"},
        Death{"reboot", domain_undefined, "ERROR"}, Death{"reboot", secret_on_host, "ERROR"},
        Death{"reboot", domain_defined, "ERROR"}, Death{"reboot", domain_started, "ACTIVE"},
        // A guest that is off by then is rebooted hard, which needs its secret again.
        Death{"soft reboot", domain_stopped, "ERROR"},
        Death{"soft reboot", domain_started, "ACTIVE"}, Death{"createImage", image_sent, "ACTIVE"},
        Death{"migrate", domain_stopped, "ACTIVE"}, Death{"migrate", directory_parked, "ACTIVE"},
        Death{"migrate", disks_sent, "ACTIVE"}, Death{"migrate", tpm_parked, "ACTIVE"},
        Death{"migrate", tpm_sent, "ACTIVE"}, Death{"delete", domain_stopped, "ERROR"},
        Death{"delete", domain_removed, "ERROR"}, Death{"delete", record_deleted, "gone"},
        Death{"delete", allocation_given_back, "gone"}, Death{"delete", secret_deleted, "gone"}));

using ComputeLife = CloudTest;

TEST_F(ComputeLife, WhatIsAskedOfAStoppedServiceWaitsForIt) {
    start();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    compute().stop();
    ASSERT_EQ(act(id, "os-stop").status, 202);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(call("owner", "GET", "/servers/" + id).body["server"]["OS-EXT-STS:task_state"],
              "powering-off");
    ASSERT_TRUE(compute().start());
    static_cast<void>(wait_for(id, "SHUTOFF"));
    remove(id);
}

TEST_F(ComputeLife, AServiceIsDownAMinuteAfterItFellSilent) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    CloudOptions options;
    options.clock = clock;
    start(options);
    const auto state = [&] {
        const auto listed = call("admin", "GET", "/os-services?binary=nova-compute");
        return listed.body["services"][0]["state"].get<std::string>();
    };
    compute().kill();
    EXPECT_EQ(state(), "up");
    clock->advance(std::chrono::seconds(61));
    EXPECT_EQ(state(), "down");
    ASSERT_TRUE(compute().start());
    EXPECT_EQ(state(), "up");
}

TEST_F(ComputeLife, ADisabledHostGetsNoServerAndSaysWhy) {
    start();
    auto listed = call("admin", "GET", "/os-services?binary=nova-compute");
    const auto path = "/os-services/" + listed.body["services"][0]["id"].get<std::string>();
    const auto disabled =
        call("admin", "PUT", path, {{"status", "disabled"}, {"disabled_reason", "new disk"}});
    ASSERT_EQ(disabled.status, 200);
    EXPECT_EQ(disabled.body["service"]["disabled_reason"], "new disk");
    const auto flavor = make_flavor({{"hw:tpm_version", "2.0"}}), image = make_image();
    const auto id = create(flavor, image);
    EXPECT_THAT(wait_for(id, "ERROR")["fault"]["message"].get<std::string>(),
                HasSubstr("No valid host was found."));
    remove(id);
    EXPECT_EQ(call("admin", "PUT", path, {{"status", "enabled"}}).status, 200);
    const auto second = create(flavor, image);
    static_cast<void>(wait_for(second, "ACTIVE"));
    remove(second);
}

TEST_F(ComputeLife, ServicesAreTheAdministrators) {
    start();
    EXPECT_EQ(call("owner", "GET", "/os-services").status, 403);
    EXPECT_EQ(call("admin", "PUT", "/os-services/none", {{"status", "enabled"}}).status, 404);
    const auto listed = call("admin", "GET", "/os-services");
    const auto path = "/os-services/" + listed.body["services"][0]["id"].get<std::string>();
    EXPECT_THAT(refusal(call("admin", "PUT", path, {{"status", "enabled"}})),
                HasSubstr("400 Updating a nova-scheduler service is not supported."));
    // Before 2.53 by host, and numbered.
    const auto old = call("admin", "PUT", "/os-services/disable",
                          {{"host", "compute-1"}, {"binary", "nova-compute"}}, "2.52");
    EXPECT_EQ(old.status, 200);
    EXPECT_EQ(old.body["service"]["status"], "disabled");
}

TEST_F(ComputeLife, AnExpiredTokenIsNobodys) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    CloudOptions options;
    options.clock = clock;
    start(options);
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    const auto catalog = as("owner").catalog();
    auto token = as("owner").token();
    ASSERT_TRUE(catalog && token);
    client::TokenSession old(std::move(*token), *catalog);
    clock->advance(std::chrono::hours(2));
    client::RequestOptions body;
    body.body = client::Body::json({{"os-stop", nullptr}});
    const auto answer = old.request("compute", "POST", "/servers/" + id + "/action", body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401);
    EXPECT_EQ(call("owner", "GET", "/servers/" + id).body["server"]["status"], "ACTIVE");
    remove(id);
}

TEST_F(ComputeLife, ShelvedServersComeBackAndDeadHostsAreEvacuated) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    start({.hosts = hosts_named({"compute-1", "compute-2"}), .clock = clock});
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    ASSERT_EQ(act(id, "shelve").status, 202);
    static_cast<void>(wait_for(id, "SHELVED_OFFLOADED"));
    ASSERT_EQ(act(id, "unshelve").status, 202);
    const auto back = wait_for(id, "ACTIVE");
    const auto host = back["OS-EXT-SRV-ATTR:host"].get<std::string>();
    EXPECT_THAT(refusal(act(id, "evacuate", json::object(), "admin")), HasSubstr("still in use"));
    compute(host).kill();
    clock->advance(std::chrono::seconds(61));
    ASSERT_EQ(act(id, "evacuate", json::object(), "admin", "2.94").status, 200);
    const auto moved = wait_for(id, "ACTIVE");
    EXPECT_NE(moved["OS-EXT-SRV-ATTR:host"], host);
    // What stood on the dead host goes when it comes back.
    ASSERT_TRUE(compute(host).start());
    remove(id);
    expect_nothing_left();
}

TEST_F(ComputeLife, SinceTwoNinetyFiveAnEvacuatedServerIsLeftOff) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    start({.hosts = hosts_named({"compute-1", "compute-2"}), .clock = clock});
    const auto flavor = make_flavor();
    const auto image = make_image();
    const auto pinned = [&](const json& more) -> std::string {
        const auto made = try_create(flavor, image, "admin", more);
        EXPECT_EQ(made.status, 202);
        static_cast<void>(wait_for(made.body.at("server").at("id"), "ACTIVE"));
        return made.body.at("server").at("id");
    };
    const auto ran = pinned({{"host", "compute-1"}});
    const auto ran_before = pinned({{"host", "compute-1"}});
    const auto was_off = pinned({{"host", "compute-1"}});
    ASSERT_EQ(act(was_off, "os-stop", nullptr, "admin").status, 202);
    static_cast<void>(wait_for(was_off, "SHUTOFF"));
    compute("compute-1").kill();
    clock->advance(std::chrono::seconds(61));
    const auto starts = hypervisor("compute-2").count("start");
    ASSERT_EQ(act(ran, "evacuate", json::object(), "admin", "2.95").status, 200);
    ASSERT_EQ(act(was_off, "evacuate", json::object(), "admin", "2.94").status, 200);
    for (const auto& id : {ran, was_off}) {
        const auto moved = wait_for(id, "SHUTOFF");
        EXPECT_EQ(moved["OS-EXT-SRV-ATTR:host"], "compute-2");
        EXPECT_EQ(moved["OS-EXT-STS:power_state"], 4);
    }
    EXPECT_EQ(hypervisor("compute-2").count("start"), starts);
    ASSERT_EQ(act(ran_before, "evacuate", json::object(), "admin", "2.94").status, 200);
    EXPECT_EQ(wait_for(ran_before, "ACTIVE")["OS-EXT-SRV-ATTR:host"], "compute-2");
    // Whoever it belongs to starts it.
    ASSERT_EQ(act(ran, "os-start", nullptr, "admin").status, 202);
    static_cast<void>(wait_for(ran, "ACTIVE"));
    ASSERT_TRUE(compute("compute-1").start());
    for (const auto& id : {ran, ran_before, was_off})
        remove(id, "admin");
    expect_nothing_left();
}

TEST_F(ComputeLife, BackupsRotate) {
    start();
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(
            act(id, "createBackup",
                {{"name", "b" + std::to_string(i)}, {"backup_type", "daily"}, {"rotation", 2}})
                .status,
            202);
        static_cast<void>(wait_for(id, "ACTIVE"));
    }
    const auto images = call("owner", "GET", "/v2/images", nullptr, "", "image");
    std::vector<std::string> names;
    for (const auto& image : images.body["images"])
        if (image["name"].get<std::string>().starts_with("b"))
            names.push_back(image["name"]);
    EXPECT_THAT(names, testing::UnorderedElementsAre("b1", "b2"));
    remove(id);
}

TEST_F(ComputeLife, AServersNameCanBeChangedByItsProject) {
    start();
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    const auto changed = call("owner", "PUT", "/servers/" + id, {{"server", {{"name", "other"}}}});
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body["server"]["name"], "other");
    EXPECT_EQ(call("other", "PUT", "/servers/" + id, {{"server", {{"name", "x"}}}}).status, 404);
    EXPECT_EQ(call("reader", "PUT", "/servers/" + id, {{"server", {{"name", "x"}}}}).status, 403);
    EXPECT_EQ(call("owner", "PUT", "/servers/" + id, {{"server", {{"status", "x"}}}}).status, 400);
    remove(id);
}

} // namespace
} // namespace vtpmlab::cloud
