// Two people who ask contradicting things of one server at the same moment, many times over: one
// order of the two comes out, the server ends in a state of it, and nothing of the other stays.

#include "cloud_fixture.h"

#include <barrier>
#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::AnyOf;
using testing::MatchesRegex;

constexpr unsigned rounds = 24;

struct Asked {
    std::string persona;
    std::string action; // "DELETE" is the server's end
    json body = nullptr;
};

class AtOnce : public CloudTest {
protected:
    Answered ask(const std::string& id, const Asked& asked) {
        return asked.action == "DELETE" ? call(asked.persona, "DELETE", "/servers/" + id)
                                        : act(id, asked.action, asked.body, asked.persona);
    }

    // Side by side in every third round, else one of them a little later: an operation of the model
    // takes some milliseconds, and each round meets another moment of it.
    struct Answers {
        Answered first, second;
    };
    Answers at_once(const std::string& id, const Asked& first, const Asked& second,
                    unsigned round) {
        for (const auto& asked : {first, second}) // who has a token is there sooner
            static_cast<void>(as(asked.persona).token());
        Answers answers;
        std::barrier both(2);
        const auto late = std::chrono::microseconds(700) * (round / 3);
        std::thread other([&] {
            both.arrive_and_wait();
            if (round % 3 == 1)
                std::this_thread::sleep_for(late);
            answers.second = ask(id, second);
        });
        both.arrive_and_wait();
        if (round % 3 == 2)
            std::this_thread::sleep_for(late);
        answers.first = ask(id, first);
        other.join();
        return answers;
    }

    // The server once nothing works on it; null when it is gone.
    json settled(const std::string& id) {
        Answered shown;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            shown = call("admin", "GET", "/servers/" + id);
            if (shown.status == 404)
                return nullptr;
            const auto& server = shown.body.at("server");
            if (server.at("OS-EXT-STS:task_state").is_null())
                return server;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ADD_FAILURE() << "its task does not end: " << shown.body << "\n" << cloud_->log();
        return shown.body.at("server");
    }
    std::string status_of(const std::string& id) { return settled(id).at("status"); }

    // A move that was under way may end a moment after its server.
    void expect_nothing_left_soon() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while ((!leftovers().empty() || !services_->leftovers().empty()) &&
               std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        expect_nothing_left();
    }

    // How many of its migrations hold something.
    std::size_t holding_migrations(const std::string& id) {
        std::size_t count = 0;
        for (const auto& migration : migrations_of(id))
            count += allocations_of(migration.at("uuid")).empty() ? 0 : 1;
        return count;
    }
    // A live migration ends a moment after its server's task, as in Nova.
    void expect_no_migration_holds_anything(const std::string& id) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (holding_migrations(id) > 0 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        EXPECT_EQ(holding_migrations(id), 0u);
    }
    std::string newest_action(const std::string& id) {
        return call("admin", "GET", "/servers/" + id + "/os-instance-actions")
            .body.at("instanceActions")
            .at(0)
            .at("action");
    }
    void expect_conflict(const Answered& answer, const std::string& id) {
        EXPECT_THAT(refusal(answer),
                    MatchesRegex("409 Cannot '.*' instance " + id +
                                 " while it is in (task_state|vm_state) [a-z_-]+"));
    }

    std::string new_server(const Properties& extra_specs) {
        if (flavor_.empty()) {
            flavor_ = make_flavor(extra_specs, "one");
            other_flavor_ = make_flavor(extra_specs, "other");
            image_ = make_image();
        }
        const auto id = create(flavor_, image_);
        static_cast<void>(wait_for(id, "ACTIVE"));
        return id;
    }

    std::string flavor_, other_flavor_, image_;
};

const Properties vtpm = {{"hw:tpm_version", "2.0"}};
const Properties vtpm_of_host = {{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}};

TEST_F(AtOnce, StopAndStopAreOneAndAConflict) {
    start();
    const auto id = new_server(vtpm);
    for (unsigned round = 0; round < rounds; ++round) {
        auto [first, second] = at_once(id, {"owner", "os-stop"}, {"admin", "os-stop"}, round);
        ASSERT_EQ(status_of(id), "SHUTOFF");
        if (first.status != 202)
            std::swap(first, second);
        EXPECT_EQ(first.status, 202);
        expect_conflict(second, id);
        EXPECT_EQ(allocations_of(id).size(), 1u);
        ASSERT_EQ(act(id, "os-start").status, 202);
        ASSERT_EQ(status_of(id), "ACTIVE");
    }
    remove(id);
    expect_nothing_left_soon();
}

// A stop and a reboot that both went through did so one after the other, and the later one decides.
TEST_F(AtOnce, StopAndRebootComeOutInOneOrder) {
    start();
    const auto id = new_server(vtpm);
    for (unsigned round = 0; round < 2 * rounds; ++round) {
        const char* type = round % 2 == 0 ? "HARD" : "SOFT";
        const auto [stop, reboot] =
            at_once(id, {"admin", "os-stop"}, {"owner", "reboot", {{"type", type}}}, round / 2);
        const auto status = status_of(id);
        EXPECT_TRUE(stop.status == 202 || reboot.status == 202);
        if (stop.status != 202)
            expect_conflict(stop, id);
        if (reboot.status != 202)
            expect_conflict(reboot, id);
        const bool was_stopped_last =
            reboot.status != 202 || (stop.status == 202 && newest_action(id) == "stop");
        ASSERT_EQ(status, was_stopped_last ? "SHUTOFF" : "ACTIVE")
            << type << " " << stop.status << " " << reboot.status;
        EXPECT_EQ(allocations_of(id).size(), 1u);
        if (was_stopped_last) {
            ASSERT_EQ(act(id, "os-start").status, 202);
            ASSERT_EQ(status_of(id), "ACTIVE");
        }
    }
    remove(id);
    expect_nothing_left_soon();
}

// Both are taken, unless one is over before the other comes.
TEST_F(AtOnce, HardRebootsAreTakenTogether) {
    start();
    const auto id = new_server(vtpm);
    const Asked reboot = {"owner", "reboot", {{"type", "HARD"}}};
    for (unsigned round = 0; round < rounds; ++round) {
        const auto [first, second] = at_once(id, reboot, reboot, round);
        for (const auto& answer : {first, second}) {
            if (answer.status != 202)
                expect_conflict(answer, id); // reboot_started_hard is no state to begin one in
        }
        EXPECT_TRUE(first.status == 202 || second.status == 202);
        ASSERT_EQ(status_of(id), "ACTIVE");
        EXPECT_EQ(hypervisor().state(id).value(), DomainState::running);
    }
    remove(id);
    expect_nothing_left_soon();
}

// What a server is asked while it is deleted is refused, or comes to nothing.
class DeleteAndAnother : public AtOnce, public testing::WithParamInterface<const char*> {
protected:
    Asked other() {
        const std::string name = GetParam();
        if (name == "resize")
            return {"owner", "resize", {{"flavorRef", other_flavor_}}};
        if (name == "live")
            return {"admin", "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}};
        if (name == "reboot")
            return {"owner", "reboot", {{"type", "HARD"}}};
        if (name == "createImage")
            return {"owner", "createImage", {{"name", "copy"}}};
        return {"owner", name};
    }
};

TEST_P(DeleteAndAnother, LeavesNothing) {
    start({.hosts = hosts_named({"a", "b"})});
    for (unsigned round = 0; round < rounds; ++round) {
        const auto id = new_server(vtpm_of_host);
        auto [removed, another] = at_once(id, {"owner", "DELETE"}, other(), round);
        if (std::string(GetParam()) == "DELETE" && removed.status == 404)
            std::swap(removed, another); // the other one came first
        EXPECT_EQ(removed.status, 204);
        if (another.status == 404)
            EXPECT_EQ(refusal(another), "404 Instance " + id + " could not be found.");
        else if (std::string(GetParam()) == "DELETE")
            EXPECT_EQ(another.status, 204);
        else if (another.status != 202)
            expect_conflict(another, id);
        static_cast<void>(wait_for(id, "gone"));
        expect_nothing_left_soon(); // allocations of its migrations, too
        if (HasFailure())
            FAIL() << "round " << round << ", the other was answered " << another.status << "\n"
                   << cloud_->log();
    }
}
INSTANTIATE_TEST_SUITE_P(Actions, DeleteAndAnother,
                         testing::Values("os-stop", "DELETE", "reboot", "suspend", "resize", "live",
                                         "createImage"),
                         [](const auto& row) {
                             std::string name = row.param;
                             std::erase(name, '-');
                             return name;
                         });

// Where deletions are soft, none of two is for good, and what else is asked comes before or not at
// all: the server and its TPM are there until somebody says otherwise.
class SoftDeleteAndAnother : public DeleteAndAnother {};

TEST_P(SoftDeleteAndAnother, KeepsTheServer) {
    CloudOptions options;
    options.compute.reclaim_instance_interval = std::chrono::hours(1);
    start(std::move(options));
    for (unsigned round = 0; round < rounds; ++round) {
        const auto id = new_server(vtpm_of_host);
        const auto identity = hypervisor().tpm_identity(id);
        const auto [removed, another] = at_once(id, {"owner", "DELETE"}, other(), round);
        EXPECT_EQ(removed.status, 204);
        if (std::string(GetParam()) == "DELETE")
            EXPECT_EQ(another.status, 204);
        else if (another.status != 202)
            expect_conflict(another, id);
        ASSERT_EQ(status_of(id), "SOFT_DELETED")
            << "round " << round << ", the other was answered " << another.status << "\n"
            << cloud_->log();
        EXPECT_EQ(allocations_of(id).size(), 1u);
        ASSERT_EQ(act(id, "restore").status, 202);
        ASSERT_EQ(status_of(id), "ACTIVE");
        EXPECT_EQ(hypervisor().tpm_identity(id), identity);
        ASSERT_EQ(act(id, "forceDelete").status, 202);
        static_cast<void>(wait_for(id, "gone"));
        expect_nothing_left_soon();
        if (HasFailure())
            FAIL() << "round " << round << ", the other was answered " << another.status << "\n"
                   << cloud_->log();
    }
}
INSTANTIATE_TEST_SUITE_P(Actions, SoftDeleteAndAnother,
                         testing::Values("DELETE", "os-stop", "reboot", "suspend"),
                         [](const auto& row) {
                             std::string name = row.param;
                             std::erase(name, '-');
                             return name;
                         });

// Half of a server that is on its way to another host would be kept.
TEST_F(AtOnce, ADeletionDuringAMoveIsForGood) {
    CloudOptions options;
    options.hosts = hosts_named({"a", "b"});
    options.compute.reclaim_instance_interval = std::chrono::hours(1);
    start(std::move(options));
    for (unsigned round = 0; round < rounds; ++round) {
        const auto id = new_server(vtpm_of_host);
        const Asked resize = {"owner", "resize", {{"flavorRef", other_flavor_}}};
        const Asked live = {
            "admin", "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}};
        const auto [removed, moved] =
            at_once(id, {"owner", "DELETE"}, round % 2 == 0 ? resize : live, round / 2);
        EXPECT_EQ(removed.status, 204);
        const auto left = settled(id);
        if (!left.is_null()) { // it came before the move, or when that was over
            EXPECT_EQ(left.at("status"), "SOFT_DELETED") << cloud_->log();
            expect_no_migration_holds_anything(id);
            const auto held = allocations_of(id);
            ASSERT_EQ(held.size(), 1u);
            ASSERT_EQ(act(id, "forceDelete").status, 202);
            static_cast<void>(wait_for(id, "gone"));
        }
        expect_nothing_left_soon();
        if (HasFailure())
            FAIL() << "round " << round << ", the move was answered " << moved.status << "\n"
                   << cloud_->log();
    }
}

TEST_F(AtOnce, ResizeAndLiveMigrationComeOutInOneOrder) {
    start({.hosts = hosts_named({"a", "b"})});
    const auto id = new_server(vtpm_of_host);
    for (unsigned round = 0; round < rounds; ++round) {
        const auto [resize, live] = at_once(
            id, {"owner", "resize", {{"flavorRef", other_flavor_}}},
            {"admin", "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}}}, round);
        const auto status = status_of(id);
        if (live.status != 202)
            expect_conflict(live, id);
        if (resize.status == 202) {
            // The live migration came first and was over, or was refused.
            ASSERT_EQ(status, "VERIFY_RESIZE");
            EXPECT_EQ(allocations_of(id).size(), 1u);
            EXPECT_EQ(holding_migrations(id), 1u);
            ASSERT_EQ(act(id, "revertResize").status, 202);
            ASSERT_EQ(status_of(id), "ACTIVE");
        } else {
            expect_conflict(resize, id);
            EXPECT_EQ(live.status, 202);
            ASSERT_EQ(status, "ACTIVE");
        }
        EXPECT_EQ(allocations_of(id).size(), 1u);
        expect_no_migration_holds_anything(id);
    }
    remove(id);
    expect_nothing_left_soon();
}

TEST_F(AtOnce, ConfirmAndRevertAreOneOfThem) {
    start({.hosts = hosts_named({"a", "b"})});
    const auto id = new_server(vtpm);
    auto flavor = flavor_;
    auto other = other_flavor_;
    for (unsigned round = 0; round < rounds; ++round) {
        ASSERT_EQ(act(id, "resize", {{"flavorRef", other}}).status, 202);
        ASSERT_EQ(status_of(id), "VERIFY_RESIZE");
        const auto [confirm, revert] =
            at_once(id, {"owner", "confirmResize"}, {"owner", "revertResize"}, round);
        EXPECT_NE(confirm.status == 204, revert.status == 202)
            << confirm.status << " " << revert.status;
        const auto& refused = confirm.status == 204 ? revert : confirm;
        EXPECT_THAT(refused.status, AnyOf(400, 409));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (status_of(id) == "VERIFY_RESIZE" && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        ASSERT_EQ(status_of(id), "ACTIVE");
        if (confirm.status == 204)
            std::swap(flavor, other);
        EXPECT_EQ(settled(id).at("flavor").at("original_name"),
                  flavor == flavor_ ? "one" : "other");
        EXPECT_EQ(allocations_of(id).size(), 1u);
        expect_no_migration_holds_anything(id);
    }
    remove(id);
    expect_nothing_left_soon();
}

} // namespace
} // namespace vtpmlab::cloud
