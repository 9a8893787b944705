// Cold migration, resize and live migration between two hosts, with every store looked at: rows R
// and M of the reference.

#include "cloud_fixture.h"

#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Moves : public CloudTest {
protected:
    void start_two(const std::string& release = "gazpacho") {
        start({.release = release, .hosts = hosts_named({"a", "b"})});
    }
    void act_and_wait(const std::string& id, const std::string& action, const json& body,
                      const std::string& persona, const std::string& status) {
        const auto answer = act(id, action, body, persona);
        EXPECT_THAT(answer.status, testing::AnyOf(202, 204)) << answer.body;
        static_cast<void>(wait_for(id, status));
    }
    // Confirming sets no task, in Nova as here: only the status tells.
    void confirm(const std::string& id) {
        EXPECT_EQ(act(id, "confirmResize").status, 204);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (call("owner", "GET", "/servers/" + id).body.at("server").at("status") ==
                   "VERIFY_RESIZE" &&
               std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        static_cast<void>(wait_for(id, "ACTIVE"));
    }
    void resize(const std::string& id, const Properties& to, const std::string& persona = "owner") {
        act_and_wait(id, "resize", {{"flavorRef", make_flavor(to, "new")}}, persona,
                     "VERIFY_RESIZE");
    }
    std::string host_of(const std::string& id) { return shown(id).at("OS-EXT-SRV-ATTR:host"); }
    std::size_t states_on(const std::string& host) { return hypervisor(host).tpm_states()->size(); }
    std::string migration_uuid(const std::string& id) { return migrations_of(id).at(0).at("uuid"); }
    std::string migration_status(const std::string& id) {
        return migrations_of(id).at(0).at("status");
    }
};

// spec: nova-vtpm §LIF-RSZ-1, row R06
TEST_F(Moves, AResizeMovesTheTpmAndBothHostsHoldTheirPart) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    const auto secret = hypervisor("a").secret_of(id).uuid;
    resize(id, {{"hw:tpm_version", "2.0"}});
    EXPECT_EQ(host_of(id), "b");
    EXPECT_EQ(states_on("a"), 0u);
    EXPECT_EQ(states_on("b"), 1u);
    EXPECT_EQ(hypervisor("b").secret_of(id).uuid, secret);
    EXPECT_EQ(hypervisor("b").passphrase_of(id), hypervisor("a").passphrase_of(id));
    EXPECT_EQ(allocations_of(id).size(), 1u);
    EXPECT_EQ(allocations_of(migration_uuid(id)).size(), 1u);
    EXPECT_EQ(migration_status(id), "finished");
    EXPECT_THAT(events_of(id, "resize"),
                ElementsAre("conductor_migrate_server Success", "compute_resize_instance Success",
                            "compute_finish_resize Success"));
    EXPECT_EQ(refusal(act(id, "os-stop")),
              "409 Cannot 'stop' instance " + id + " while it is in vm_state resized");
    confirm(id);
    EXPECT_THAT(events_of(id, "confirmResize"), ElementsAre("compute_confirm_resize Success"));
    EXPECT_EQ(migration_status(id), "confirmed");
    EXPECT_THAT(allocations_of(migration_uuid(id)), IsEmpty());
    EXPECT_TRUE(hypervisor("a").domains()->empty());
    remove(id);
    expect_nothing_left();
}

TEST_F(Moves, ARevertBringsEverythingBack) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    resize(id, {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}});
    act_and_wait(id, "revertResize", nullptr, "owner", "ACTIVE");
    EXPECT_EQ(host_of(id), "a");
    EXPECT_EQ(states_on("a"), 1u);
    EXPECT_EQ(states_on("b"), 0u);
    EXPECT_TRUE(hypervisor("b").domains()->empty());
    EXPECT_EQ(migration_status(id), "reverted");
    EXPECT_THAT(allocations_of(migration_uuid(id)), IsEmpty());
    EXPECT_EQ(allocations_of(id).size(), 1u);
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-RSZ-2, rows R02 and R03
TEST_F(Moves, AStrangersMigrationEndsInErrorOnTheDestination) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    EXPECT_EQ(refusal(act(id, "migrate")),
              "403 Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed.");
    act_and_wait(id, "migrate", nullptr, "admin", "ERROR");
    EXPECT_EQ(host_of(id), "b");
    EXPECT_EQ(states_on("b"), 1u);
    EXPECT_EQ(migration_status(id), "error");
    EXPECT_THAT(events_of(id, "migrate"),
                Contains(HasSubstr("compute_finish_resize Error: Key manager error: Forbidden")));
    EXPECT_THAT(allocations_of(migration_uuid(id)), IsEmpty());
    EXPECT_EQ(allocations_of(id).size(), 1u);
    act_and_wait(id, "reboot", {{"type", "HARD"}}, "owner", "ACTIVE");
    EXPECT_EQ(host_of(id), "b");
}

// spec: nova-vtpm §LIF-RSZ-11, finding D14, row R27
TEST_F(Moves, ACopyThatBreaksOffLeavesTheTpmInTheInstanceDirectory) {
    start_two();
    // Without a disk the TPM's state is the first that is copied.
    const auto id = create(make_flavor({{"hw:tpm_version", "2.0"}}), make_image({}, ""));
    static_cast<void>(wait_for(id, "ACTIVE"));
    hypervisor("b").fail_at("receive", "scp: Connection closed by remote host");
    act_and_wait(id, "resize", {{"flavorRef", make_flavor({{"hw:tpm_version", "2.0"}}, "new")}},
                 "owner", "ERROR");
    hypervisor("b").forgive();
    EXPECT_EQ(host_of(id), "a");
    EXPECT_EQ(states_on("a"), 0u);
    EXPECT_TRUE(std::filesystem::exists(directory_.path() / "a" / id / "swtpm" / id));
    EXPECT_EQ(allocations_of(id).size(), 1u);
    EXPECT_EQ(migration_status(id), "error");
}

// row R21, finding D16
TEST_F(Moves, WhatTheSchedulerRefusesChangesNothing) {
    start_two();
    const auto id = create_active({});
    const auto bad = make_flavor({{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}}, "bad");
    act_and_wait(id, "resize", {{"flavorRef", bad}}, "owner", "ACTIVE");
    EXPECT_THAT(events_of(id, "resize"),
                ElementsAre("conductor_migrate_server Error: TPM model CRB is only valid with TPM "
                            "version 2.0."));
    EXPECT_EQ(host_of(id), "a");
    EXPECT_EQ(allocations_of(id).size(), 1u);
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-LM-4, row M05
TEST_F(Moves, ALiveMigrationCarriesTheSecretPastBarbican) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
    const auto before = entries_of("barbican").size();
    EXPECT_EQ(act(id, "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}).status,
              403);
    act_and_wait(id, "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}, "admin",
                 "ACTIVE");
    EXPECT_EQ(host_of(id), "b");
    EXPECT_EQ(entries_of("barbican").size(), before);
    EXPECT_TRUE(hypervisor("a").secrets()->empty());
    EXPECT_EQ(hypervisor("b").secrets()->size(), 1u);
    EXPECT_EQ(states_on("a"), 0u);
    EXPECT_EQ(states_on("b"), 1u);
    // The migration ends with its event, a moment after the server's task.
    EXPECT_THAT(events_of(id, "live-migration"), Contains("compute_live_migration Success"));
    EXPECT_EQ(migration_status(id), "completed");
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-LM-5, rows M08 and M09
TEST_F(Moves, WithoutTheLibvirtSecretNothingMovesUntilTheOwnerReboots) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
    ASSERT_TRUE(hypervisor("a").undefine_secret(hypervisor("a").secret_of(id).uuid));
    const json body = {{"host", nullptr}, {"block_migration", "auto"}};
    act_and_wait(id, "os-migrateLive", body, "admin", "ACTIVE");
    EXPECT_EQ(host_of(id), "a");
    EXPECT_EQ(migration_status(id), "error");
    EXPECT_THAT(
        events_of(id, "live-migration"),
        Contains("compute_check_can_live_migrate_source Error: TPM secret was not found. Try "
                 "hard-rebooting the instance to recover."));
    act_and_wait(id, "reboot", {{"type", "HARD"}}, "owner", "ACTIVE");
    act_and_wait(id, "os-migrateLive", body, "admin", "ACTIVE");
    EXPECT_EQ(host_of(id), "b");
}

// spec: nova-vtpm §LIF-LM-6, row M10
TEST_F(Moves, AFailedLiveMigrationLeavesTheServerWhereItWas) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
    hypervisor("a").fail_at("migrate", "operation failed: migration job: unexpectedly failed");
    act_and_wait(id, "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}, "admin",
                 "ACTIVE");
    hypervisor("a").forgive();
    EXPECT_EQ(host_of(id), "a");
    EXPECT_EQ(migration_status(id), "failed");
    EXPECT_EQ(hypervisor("a").secrets()->size(), 1u);
    EXPECT_TRUE(hypervisor("b").secrets()->empty());
    EXPECT_EQ(allocations_of(id).size(), 1u);
    remove(id);
    expect_nothing_left();
}

} // namespace
} // namespace vtpmlab::cloud
