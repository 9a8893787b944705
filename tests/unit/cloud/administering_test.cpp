// What administrators see of hosts, and do with servers: states that are true, bodies that fit
// their microversion, locks, and live migrations while they run.

#include "cloud_fixture.h"

#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class Administering : public CloudTest {
protected:
    void start_two(std::shared_ptr<const Clock> clock = nullptr) {
        start({.hosts = hosts_named({"a", "b"}), .clock = std::move(clock)});
    }
    json service(const std::string& host) {
        const auto listed = call("admin", "GET", "/os-services?host=" + host);
        return listed.body.at("services").at(0);
    }
    void set_service(const std::string& host, const json& body) {
        const auto path = "/os-services/" + service(host).at("id").get<std::string>();
        EXPECT_EQ(call("admin", "PUT", path, body).status, 200);
    }
    json node(const std::string& host, const std::string& microversion = "latest") {
        const auto listed = call("admin", "GET", "/os-hypervisors/detail", nullptr, microversion);
        for (const auto& one : listed.body.at("hypervisors"))
            if (one.at("hypervisor_hostname") == host)
                return one;
        return {};
    }
    json zones() {
        return call("admin", "GET", "/os-availability-zone/detail").body.at("availabilityZoneInfo");
    }
    std::string host_status(const std::string& id) { return shown(id).at("host_status"); }
};

TEST_F(Administering, AHostThatDiedIsNotCalledUp) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    start_two(clock);
    const auto id = create_active();
    const auto host = wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host").get<std::string>();
    EXPECT_EQ(host_status(id), "UP");
    EXPECT_EQ(node(host).at("state"), "up");
    compute(host).kill();
    clock->advance(std::chrono::seconds(61));
    EXPECT_EQ(host_status(id), "UNKNOWN");
    EXPECT_EQ(node(host).at("state"), "down");
    EXPECT_EQ(node(host).at("status"), "enabled");
    EXPECT_TRUE(node(host).at("uptime").is_null());
    const auto number = node(host, "2.52").at("id").dump();
    EXPECT_EQ(
        refusal(call("admin", "GET", "/os-hypervisors/" + number + "/uptime", nullptr, "2.52")),
        "400 Compute service of " + host + " is unavailable at this time.");
    EXPECT_EQ(zones()[1]["hosts"][host]["nova-compute"]["active"], false);
    EXPECT_EQ(service(host).at("state"), "down");
    ASSERT_TRUE(compute(host).start());
    EXPECT_EQ(host_status(id), "UP");
    EXPECT_EQ(node(host).at("state"), "up");
    EXPECT_EQ(zones()[1]["hosts"][host]["nova-compute"]["active"], true);
    remove(id);
}

TEST_F(Administering, ADisabledHostIsInMaintenance) {
    start_two();
    const auto id = create_active();
    const auto host = wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host").get<std::string>();
    const std::string other = host == "a" ? "b" : "a";
    set_service(host, {{"status", "disabled"}, {"disabled_reason", "new disks"}});
    EXPECT_EQ(host_status(id), "MAINTENANCE");
    EXPECT_EQ(node(host).at("status"), "disabled");
    EXPECT_EQ(node(host).at("state"), "up");
    EXPECT_EQ(node(host).at("service").at("disabled_reason"), "new disks");
    EXPECT_EQ(node(host).at("service").at("id"), service(host).at("id"));
    EXPECT_EQ(node(host, "2.52").at("service").at("id"),
              call("admin", "GET", "/os-services?host=" + host, nullptr, "2.52")
                  .body.at("services")[0]
                  .at("id"));
    EXPECT_EQ(node(other).at("status"), "enabled");
    EXPECT_TRUE(node(other).at("service").at("disabled_reason").is_null());
    EXPECT_FALSE(zones()[1]["hosts"].contains(host));
    // The zone goes with its last host.
    set_service(other, {{"status", "disabled"}});
    EXPECT_EQ(call("owner", "GET", "/os-availability-zone")
                  .body.at("availabilityZoneInfo")[0]
                  .at("zoneState")
                  .at("available"),
              false);
    EXPECT_EQ(refusal(try_create(make_flavor({}, "other"), make_image(), "owner",
                                 {{"availability_zone", "nova"}})),
              "400 The requested availability zone is not available");
    set_service(host, {{"status", "enabled"}});
    EXPECT_EQ(host_status(id), "UP");
    set_service(host, {{"forced_down", true}});
    EXPECT_EQ(host_status(id), "DOWN");
    EXPECT_EQ(node(host).at("state"), "down");
    set_service(host, {{"forced_down", false}});
    EXPECT_EQ(call("owner", "GET", "/servers/" + id).body.at("server").contains("host_status"),
              false);
    remove(id);
}

TEST_F(Administering, HypervisorsComeInPages) {
    start_two();
    const auto first = call("admin", "GET", "/os-hypervisors?limit=1").body;
    ASSERT_EQ(first.at("hypervisors").size(), 1u);
    const std::string id = first.at("hypervisors")[0].at("id");
    EXPECT_THAT(first.at("hypervisors_links")[0].at("href").get<std::string>(),
                HasSubstr("limit=1&marker=" + id));
    const auto rest = call("admin", "GET", "/os-hypervisors?marker=" + id).body;
    EXPECT_EQ(rest.at("hypervisors")[0].at("hypervisor_hostname"), "b");
    EXPECT_FALSE(rest.contains("hypervisors_links"));
    EXPECT_EQ(refusal(call("admin", "GET", "/os-hypervisors?marker=0")),
              "400 marker [0] not found");
    EXPECT_EQ(call("admin", "GET", "/os-hypervisors?nonsense=0").status, 400);
}

TEST_F(Administering, AnOwnerDoesNotUndoAnAdministratorsLock) {
    start();
    const auto id = create_active();
    EXPECT_EQ(act(id, "lock", {{"locked_reason", "audit"}}, "admin").status, 202);
    EXPECT_EQ(refusal(act(id, "unlock")),
              "403 Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to "
              "be performed.");
    // Locking it once more does not make the lock theirs.
    EXPECT_EQ(act(id, "lock", {{"locked_reason", "mine"}}).status, 202);
    EXPECT_EQ(wait_for(id, "ACTIVE").at("locked_reason"), "audit");
    EXPECT_EQ(act(id, "unlock").status, 403);
    EXPECT_EQ(
        call("admin", "GET", "/servers?all_tenants=1&locked_by=admin").body.at("servers").size(),
        1u);
    EXPECT_EQ(act(id, "unlock", nullptr, "admin").status, 202);
    EXPECT_EQ(act(id, "lock").status, 202);
    EXPECT_EQ(act(id, "unlock", nullptr, "peer").status, 202);
    EXPECT_EQ(wait_for(id, "ACTIVE").at("locked"), false);
    remove(id);
}

TEST_F(Administering, LiveMigrationsBodyFollowsTheMicroversion) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    const auto status = [&](const json& body, const std::string& microversion) {
        const auto answer = act(id, "os-migrateLive", body, "admin", microversion);
        return refusal(answer);
    };
    const json old = {{"host", nullptr}, {"block_migration", false}, {"disk_over_commit", false}};
    const json recent = {{"host", nullptr}, {"block_migration", "auto"}};
    const auto blocked =
        "400 Operation 'live-migration' not supported for vTPM-enabled instance (" + id + ").";
    EXPECT_EQ(status(old, "2.24"), blocked);
    EXPECT_EQ(status(recent, "2.25"), blocked);
    EXPECT_THAT(status(old, "2.25"), HasSubstr("400 Invalid input"));
    EXPECT_THAT(status(recent, "2.24"), HasSubstr("400 Invalid input"));
    EXPECT_THAT(status({{"host", nullptr}}, "2.67"), HasSubstr("400 Invalid input"));
    EXPECT_THAT(status({{"host", nullptr}, {"block_migration", "maybe"}}, "2.25"),
                HasSubstr("400 Invalid input"));
    auto forced = recent;
    forced["host"] = "b";
    forced["force"] = true;
    EXPECT_THAT(status(forced, "2.29"), HasSubstr("400 Invalid input"));
    EXPECT_EQ(status(forced, "2.30"), blocked);
    EXPECT_THAT(status(forced, "2.68"), HasSubstr("400 Invalid input"));
    forced["host"] = nullptr;
    EXPECT_EQ(status(forced, "2.67"), "400 Can't force to a non-provided destination");
}

TEST_F(Administering, EvacuationsBodyFollowsTheMicroversionAndItsHostComesFirst) {
    start_two();
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    const auto ask = [&](const json& body, const std::string& microversion) {
        return refusal(act(id, "evacuate", body, "admin", microversion));
    };
    const auto blocked =
        "400 Operation 'evacuate' not supported for vTPM-enabled instance (" + id + ").";
    EXPECT_EQ(ask({{"onSharedStorage", false}}, "2.13"), blocked);
    EXPECT_THAT(ask(json::object(), "2.13"), HasSubstr("400 Invalid input"));
    EXPECT_EQ(ask({{"onSharedStorage", true}, {"adminPass", "x"}}, "2.13"),
              "400 admin password can't be changed on existing disk");
    EXPECT_EQ(ask(json::object(), "2.14"), blocked);
    EXPECT_THAT(ask({{"onSharedStorage", false}}, "2.14"), HasSubstr("400 Invalid input"));
    EXPECT_THAT(ask({{"force", true}}, "2.28"), HasSubstr("400 Invalid input"));
    EXPECT_EQ(ask({{"force", true}}, "2.29"), "400 Can't force to a non-provided destination");
    EXPECT_THAT(ask({{"force", true}, {"host", "b"}}, "2.68"), HasSubstr("400 Invalid input"));
    const auto host = wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host").get<std::string>();
    EXPECT_EQ(ask({{"host", "nowhere"}}, "2.68"), "404 Compute host nowhere not found.");
    EXPECT_EQ(ask({{"host", host}}, "2.68"), "400 The target host can't be the same one.");
}

TEST_F(Administering, ShelvedServersComeBackWhereTheyAreWanted) {
    start_two();
    const auto id = create_active();
    const auto host = wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host").get<std::string>();
    EXPECT_EQ(act(id, "shelve").status, 202);
    static_cast<void>(wait_for(id, "SHELVED_OFFLOADED"));
    const auto ask = [&](const json& body, const std::string& microversion,
                         const std::string& persona = "admin") {
        return refusal(act(id, "unshelve", body, persona, microversion));
    };
    EXPECT_THAT(ask(json::object(), "2.77"), HasSubstr("400 Invalid input"));
    EXPECT_THAT(ask({{"host", host}}, "2.90"), HasSubstr("400 Invalid input"));
    EXPECT_EQ(ask({{"availability_zone", "moon"}}, "2.77"),
              "400 The requested availability zone is not available");
    EXPECT_EQ(ask({{"host", "nowhere"}}, "2.91"), "400 Compute host nowhere could not be found.");
    EXPECT_EQ(ask({{"host", host}}, "2.91", "owner"),
              "403 Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be "
              "performed.");
    EXPECT_EQ(ask({{"host", host}}, "2.91"), "202");
    EXPECT_EQ(wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host"), host);
    remove(id);
}

TEST_F(Administering, MovesAreRefusedInNovasWords) {
    start_two();
    const auto id = create_active();
    const auto host = wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host").get<std::string>();
    EXPECT_EQ(refusal(act(id, "migrate", {{"host", host}}, "admin")),
              "400 Cannot migrate to the host where the server exists.");
    EXPECT_EQ(refusal(act(id, "migrate", {{"host", "nowhere"}}, "admin")),
              "400 Compute host nowhere could not be found.");
    EXPECT_EQ(refusal(act(id, "resize", {{"flavorRef", "nothing"}})),
              "400 Flavor nothing could not be found.");
    // Lock and state come before the flavor.
    EXPECT_EQ(act(id, "lock").status, 202);
    EXPECT_EQ(refusal(act(id, "resize", {{"flavorRef", "nothing"}})),
              "409 Instance " + id + " is locked");
    const auto never = create(make_flavor({{"hw:tpm_version", "1.3"}}, "bad"), make_image());
    static_cast<void>(wait_for(never, "ERROR"));
    EXPECT_EQ(refusal(act(never, "reboot", {{"type", "HARD"}})),
              "409 Instance " + never + " is in an invalid state for 'reboot'");
}

class LiveMigrations : public Administering {
protected:
    // Until the hypervisor has it in hand.
    std::string held_migration() {
        start_two();
        id_ = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
        hypervisor("a").hold_migrations();
        EXPECT_EQ(act(id_, "os-migrateLive", {{"host", "b"}, {"block_migration", "auto"}}, "admin")
                      .status,
                  202);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            const auto found = call("admin", "GET", path()).body.at("migrations");
            if (found.size() == 1 && found[0].at("status") == "running")
                return found[0].at("id").dump();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ADD_FAILURE() << "no live migration is under way";
        return "0";
    }
    // What was only cast begins, and ends, a moment after its answer.
    template <typename Happened>
    static void wait_until_so(Happened happened) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!happened() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    std::string path() { return "/servers/" + id_ + "/migrations"; }
    json last_migration() {
        return call("admin", "GET", "/os-migrations?instance_uuid=" + id_)
            .body.at("migrations")
            .at(0);
    }

    std::string id_;
};

TEST_F(LiveMigrations, OneUnderWayIsShownAndCanBeStopped) {
    const auto number = held_migration();
    const auto one = path() + "/" + number;
    const auto shown = call("admin", "GET", one).body.at("migration");
    EXPECT_EQ(shown.at("server_uuid"), id_);
    EXPECT_EQ(shown.at("dest_compute"), "b");
    EXPECT_TRUE(shown.at("memory_total_bytes").is_null());
    EXPECT_FALSE(call("admin", "GET", one, nullptr, "2.58").body.at("migration").contains("uuid"));
    EXPECT_THAT(last_migration().at("links")[0].at("href").get<std::string>(), HasSubstr(one));
    EXPECT_EQ(call("admin", "GET", path(), nullptr, "2.22").status, 404);
    EXPECT_NE(call("admin", "DELETE", one, nullptr, "2.23").status, 202);
    EXPECT_EQ(call("owner", "GET", path()).status, 403);
    EXPECT_EQ(refusal(call("owner", "DELETE", one)),
              "403 Policy doesn't allow os_compute_api:servers:migrations:delete to be performed.");
    EXPECT_EQ(refusal(call("admin", "DELETE", path() + "/99")),
              "404 Migration 99 not found for instance " + id_);

    EXPECT_EQ(call("admin", "DELETE", one).status, 202);
    const auto server = wait_for(id_, "ACTIVE");
    EXPECT_EQ(server.at("OS-EXT-SRV-ATTR:host"), "a");
    wait_until_so([&] { return last_migration().at("status") == "cancelled"; });
    EXPECT_EQ(last_migration().at("status"), "cancelled");
    EXPECT_THAT(events_of(id_, "live_migration_cancel"),
                ElementsAre("compute_live_migration_abort Success"));
    EXPECT_EQ(refusal(call("admin", "GET", one)),
              "404 Live migration " + number + " for server " + id_ + " is not in progress.");
    EXPECT_EQ(refusal(call("admin", "DELETE", one)),
              "409 Instance " + id_ + " is in an invalid state for 'abort live migration'");
    hypervisor("a").release();
    remove(id_);
    expect_nothing_left();
}

TEST_F(LiveMigrations, OneUnderWayCanBeForcedToItsEnd) {
    const auto number = held_migration();
    const auto action = path() + "/" + number + "/action";
    const json body = {{"force_complete", nullptr}};
    EXPECT_EQ(call("admin", "POST", action, body, "2.21").status, 404);
    EXPECT_EQ(call("admin", "POST", action, {{"force_complete", 1}}).status, 400);
    EXPECT_EQ(refusal(call("admin", "POST", path() + "/99/action", body)),
              "400 Migration 99 not found for instance " + id_);
    const auto before = hypervisor("a").count("suspend");
    EXPECT_EQ(call("admin", "POST", action, body).status, 202);
    wait_until_so([&] { return !events_of(id_, "live_migration_force_complete").empty(); });
    EXPECT_THAT(events_of(id_, "live_migration_force_complete"),
                ElementsAre("compute_live_migration_force_complete Success"));
    EXPECT_EQ(hypervisor("a").count("suspend"), before + 1);
    hypervisor("a").release();
    static_cast<void>(wait_for(id_, "ACTIVE"));
    wait_until_so([&] { return last_migration().at("status") == "completed"; });
    EXPECT_EQ(last_migration().at("status"), "completed");
}

} // namespace
} // namespace vtpmlab::cloud
