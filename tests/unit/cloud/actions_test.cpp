// POST /servers/{id}/action: what is understood, in which order it is judged, and what is kept of
// it.

#include "cloud_fixture.h"

#include <fstream>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class ServerActions : public CloudTest {
protected:
    std::string active(const Properties& extra_specs = {}) {
        const auto id = create_active(extra_specs);
        return id;
    }
    void write_console(const std::string& id, const std::string& text) {
        const auto ports = cloud_->guest_ports(id);
        ASSERT_TRUE(ports);
        std::ofstream(ports->console_log, std::ios::binary) << text;
    }
};

TEST_F(ServerActions, ConsoleOutputIsTheEndOfTheConsole) {
    start();
    const auto id = active();
    const auto output = [&](const json& body) {
        return act(id, "os-getConsoleOutput", body).body.at("output").get<std::string>();
    };
    EXPECT_EQ(output(json::object()), "");
    write_console(id, std::string("one\r\ntwo\x1b[0m\n\xff", 15) + "three\n");
    EXPECT_EQ(output({{"length", nullptr}}), "one\ntwo[0m\n\xef\xbf\xbdthree\n");
    EXPECT_EQ(output({{"length", -1}}), "one\ntwo[0m\n\xef\xbf\xbdthree\n");
    EXPECT_EQ(output({{"length", 2}}), "\xef\xbf\xbdthree\n");
    EXPECT_EQ(output({{"length", "3"}}), "two[0m\n\xef\xbf\xbdthree\n");
    EXPECT_EQ(output({{"length", 0}}), "");
    EXPECT_EQ(act(id, "os-getConsoleOutput", {{"length", "many"}}).status, 400);
    EXPECT_EQ(act(id, "os-getConsoleOutput", {{"length", -2}}).status, 400);
    EXPECT_EQ(act(id, "os-getConsoleOutput", json::object(), "reader").status, 403);
}

TEST_F(ServerActions, ConsoleOfAServerWithoutHostIsNotReady) {
    start();
    const auto id = create_with({{"hw:tpm_version", "1.3"}});
    static_cast<void>(wait_for(id, "ERROR"));
    EXPECT_EQ(refusal(act(id, "os-getConsoleOutput", json::object())),
              "409 Instance " + id + " is not ready");
}

TEST_F(ServerActions, BadRequestsAreNovas) {
    start();
    const auto id = active();
    const auto path = "/servers/" + id + "/action";
    EXPECT_EQ(refusal(act(id, "explode")), "400 There is no such action: explode");
    EXPECT_EQ(refusal(call("owner", "POST", path, json::object())), "400 Malformed request body");
    EXPECT_EQ(refusal(call("owner", "POST", path, {{"os-stop", nullptr}, {"os-start", nullptr}})),
              "400 Malformed request body");
    EXPECT_EQ(refusal(call("owner", "POST", path, json::array({1}))), "400 Malformed request body");
    EXPECT_EQ(act(id, "reboot", json::object()).status, 400);
    EXPECT_EQ(act(id, "reboot", {{"type", "WARM"}}).status, 400);
    const std::string unknown = "5ec4e700-0000-4000-8000-000000000001";
    EXPECT_EQ(refusal(act(unknown, "os-stop")), "404 Instance " + unknown + " could not be found.");
    EXPECT_EQ(refusal(act(id, "os-stop", nullptr, "other")),
              "404 Instance " + id + " could not be found.");
    EXPECT_EQ(refusal(act(id, "os-stop", nullptr, "reader")),
              "403 Policy doesn't allow os_compute_api:servers:stop to be performed.");
    EXPECT_EQ(wait_for(id, "ACTIVE").at("OS-EXT-STS:vm_state"), "active");
}

TEST_F(ServerActions, WrongStateIsAConflictInNovasWords) {
    start();
    const auto id = active();
    EXPECT_EQ(refusal(act(id, "os-start")),
              "409 Cannot 'start' instance " + id + " while it is in vm_state active");
    EXPECT_EQ(act(id, "os-stop").status, 202);
    static_cast<void>(wait_for(id, "SHUTOFF"));
    EXPECT_EQ(refusal(act(id, "os-stop")),
              "409 Cannot 'stop' instance " + id + " while it is in vm_state stopped");
    EXPECT_EQ(refusal(act(id, "reboot", {{"type", "SOFT"}})),
              "409 Cannot 'reboot' instance " + id + " while it is in vm_state stopped");
}

TEST_F(ServerActions, TwoAtOnceOnOneServerAreOneAndAConflict) {
    start();
    const auto id = active();
    hypervisor().hold_starts();
    EXPECT_EQ(act(id, "reboot", {{"type", "HARD"}}).status, 202);
    ASSERT_TRUE(hypervisor().wait_for_held_start(std::chrono::seconds(20)));
    EXPECT_EQ(refusal(act(id, "os-stop")), "409 Cannot 'stop' instance " + id +
                                               " while it is in task_state reboot_started_hard");
    hypervisor().release();
    static_cast<void>(wait_for(id, "ACTIVE"));
}

TEST_F(ServerActions, LockedServersAreTheAdministrators) {
    start();
    const auto id = active();
    // Before 2.73 nobody looks at the reason.
    EXPECT_EQ(act(id, "lock", {{"locked_reason", "mine"}}, "owner", "2.72").status, 202);
    EXPECT_TRUE(wait_for(id, "ACTIVE").at("locked_reason").is_null());
    EXPECT_EQ(act(id, "unlock").status, 202);
    EXPECT_EQ(act(id, "lock", {{"locked_reason", "mine"}}).status, 202);
    EXPECT_EQ(wait_for(id, "ACTIVE").at("locked_reason"), "mine");
    EXPECT_EQ(refusal(act(id, "os-stop")), "409 Instance " + id + " is locked");
    EXPECT_EQ(act(id, "os-stop", nullptr, "admin").status, 202);
    static_cast<void>(wait_for(id, "SHUTOFF"));
    EXPECT_EQ(refusal(call("owner", "DELETE", "/servers/" + id)),
              "409 Instance " + id + " is locked");
    EXPECT_EQ(act(id, "unlock").status, 202);
    EXPECT_EQ(wait_for(id, "SHUTOFF").at("locked"), false);
    remove(id);
}

TEST_F(ServerActions, HistoryIsKeptEvenOfDeletedServers) {
    start();
    const auto id = active();
    EXPECT_EQ(act(id, "os-stop").status, 202);
    static_cast<void>(wait_for(id, "SHUTOFF"));
    EXPECT_THAT(events_of(id, "create"),
                ElementsAre("conductor_schedule_and_build_instances Success",
                            "compute__do_build_and_run_instance Success"));
    EXPECT_THAT(events_of(id, "stop"), ElementsAre("compute_stop_instance Success"));
    const auto path = "/servers/" + id + "/os-instance-actions";
    const auto listed = call("owner", "GET", path).body.at("instanceActions");
    ASSERT_EQ(listed.size(), 2u);
    EXPECT_EQ(listed.at(0).at("action"), "stop");
    EXPECT_FALSE(listed.at(0).contains("events"));
    const auto one = path + "/" + listed.at(0).at("request_id").get<std::string>();
    const auto seen = call("owner", "GET", one).body.at("instanceAction").at("events").at(0);
    EXPECT_FALSE(seen.contains("details"));
    EXPECT_FALSE(seen.contains("host"));
    EXPECT_FALSE(
        call("owner", "GET", one, nullptr, "2.50").body.at("instanceAction").contains("events"));
    EXPECT_EQ(refusal(call("owner", "GET", path + "/req-1")), "404 Action req-1 not found");
    remove(id);
    EXPECT_EQ(call("owner", "GET", path, nullptr, "2.20").status, 404);
    EXPECT_EQ(call("owner", "GET", path).body.at("instanceActions").size(), 3u);
    EXPECT_EQ(call("other", "GET", path).status, 404);
}

} // namespace
} // namespace vtpmlab::cloud
