// nova-compute that dies in the middle of a move or a suspend: what it makes of the server when it
// comes up, and that the way out Nova leaves brings back what Nova would keep.
// spec: nova-vtpm §5.7
// spec: nova-vtpm §5.8

#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace compute_step;

enum class Tpm { same, fresh };

struct Crash {
    const char* during; // "finish", "confirm", "revert", "suspend", "resume", "live"
    const char* host;   // whose service dies; servers begin on a
    std::string_view step;
    const char* status; // once it is up again
    const char* found_on;
    Tpm after_reboot = Tpm::same;
};

void PrintTo(const Crash& crash, std::ostream* out) {
    *out << crash.during << " on " << crash.host << " after " << crash.step;
}

class ComputeDiesOfAMove : public CloudTest, public testing::WithParamInterface<Crash> {
protected:
    void begin(const std::string& during) {
        CloudOptions options{.hosts = hosts_named({"a", "b"})};
        options.compute.members_may_migrate = true;
        start(options);
        Properties specs = {{"hw:tpm_version", "2.0"}};
        if (during == "live")
            specs["hw:tpm_secret_security"] = "host";
        id_ = create_with(specs);
        static_cast<void>(wait_for(id_, "ACTIVE"));
        identity_ = hypervisor("a").tpm_identity(id_);
        ASSERT_NE(identity_, "");
        if (during == "confirm" || during == "revert") {
            ASSERT_EQ(act(id_, "migrate").status, 202);
            static_cast<void>(wait_for(id_, "VERIFY_RESIZE"));
        } else if (during == "resume") {
            ASSERT_EQ(act(id_, "suspend").status, 202);
            static_cast<void>(wait_for(id_, "SUSPENDED"));
        }
    }
    [[nodiscard]] Answered act_of(const std::string& during) {
        if (during == "finish")
            return act(id_, "migrate");
        if (during == "confirm")
            return act(id_, "confirmResize");
        if (during == "revert")
            return act(id_, "revertResize");
        if (during == "live")
            return act(id_, "os-migrateLive", {{"host", nullptr}, {"block_migration", "auto"}},
                       "admin");
        return act(id_, during);
    }
    // Everywhere, also where nobody looks for it any more.
    void sweep() {
        cloud_->run_periodic_tasks();
        for (const char* host : {"a", "b"})
            EXPECT_THAT(*hypervisor(host).secrets(), IsEmpty()) << host;
    }

    std::string id_;
    std::string identity_;
};

TEST_P(ComputeDiesOfAMove, AndAnAdministratorFindsWhatNovaKeeps) {
    const auto& crash = GetParam();
    begin(crash.during);
    compute(crash.host).kill_after(std::string(crash.step));
    const auto asked = act_of(crash.during);
    ASSERT_THAT(asked.status, testing::AnyOf(202, 204)) << asked.body;
    wait_until_dead(crash.host);
    const auto started = compute(crash.host).start();
    ASSERT_TRUE(started) << started.error().message;
    if (crash.status == std::string("ACTIVE") && crash.during == std::string("live"))
        static_cast<void>(wait_for(id_, "ACTIVE")); // a source that lives rolls back meanwhile
    EXPECT_EQ(shown(id_)["status"], crash.status);
    EXPECT_EQ(shown(id_)["OS-EXT-SRV-ATTR:host"], crash.found_on);

    ASSERT_EQ(act(id_, "os-resetState", {{"state", "active"}}, "admin").status, 202);
    ASSERT_EQ(act(id_, "reboot", {{"type", "HARD"}}).status, 202);
    static_cast<void>(wait_for(id_, "ACTIVE"));
    const auto now = hypervisor(crash.found_on).tpm_identity(id_);
    EXPECT_NE(now, "");
    EXPECT_EQ(now == identity_ ? Tpm::same : Tpm::fresh, crash.after_reboot);
    remove(id_);
    sweep();
}

constexpr auto lost = Tpm::fresh;

INSTANTIATE_TEST_SUITE_P(
    AtEveryStep, ComputeDiesOfAMove,
    testing::Values(Crash{"finish", "b", resize_taken_up, "RESIZE", "b", lost},
                    Crash{"finish", "b", tpm_restored, "RESIZE", "b"},
                    Crash{"finish", "b", secret_on_host, "RESIZE", "b"},
                    Crash{"finish", "b", domain_defined, "RESIZE", "b"},
                    Crash{"finish", "b", domain_started, "RESIZE", "b"},
                    Crash{"confirm", "a", parked_removed, "VERIFY_RESIZE", "b"},
                    Crash{"confirm", "a", domain_removed, "VERIFY_RESIZE", "b"},
                    Crash{"revert", "b", domain_stopped, "REVERT_RESIZE", "b"},
                    Crash{"revert", "b", domain_removed, "REVERT_RESIZE", "b", lost},
                    Crash{"revert", "a", directory_back, "REVERT_RESIZE", "a", lost},
                    Crash{"revert", "a", tpm_restored, "REVERT_RESIZE", "a"},
                    Crash{"revert", "a", secret_on_host, "REVERT_RESIZE", "a"},
                    Crash{"revert", "a", domain_defined, "REVERT_RESIZE", "a"},
                    Crash{"revert", "a", domain_started, "REVERT_RESIZE", "a"},
                    Crash{"suspend", "a", memory_saved, "ACTIVE", "a"},
                    Crash{"resume", "a", secret_on_host, "SUSPENDED", "a"},
                    Crash{"resume", "a", domain_defined, "SUSPENDED", "a"},
                    Crash{"resume", "a", domain_started, "SUSPENDED", "a"},
                    Crash{"live", "b", destination_prepared, "ACTIVE", "a"},
                    Crash{"live", "a", guest_migrated, "ACTIVE", "a", lost},
                    Crash{"live", "a", source_secret_removed, "ACTIVE", "a", lost},
                    Crash{"live", "a", handed_over, "ACTIVE", "b"}));

using Crashes = ComputeDiesOfAMove;

// Both TPMs are there: the guest's own, and the one that the reboot made.
TEST_F(Crashes, AGuestThatHasLeftRunsOnUnseen) {
    begin("live");
    compute("a").kill_after(std::string(guest_migrated));
    ASSERT_EQ(act_of("live").status, 202);
    wait_until_dead("a");
    ASSERT_TRUE(compute("a").start());
    ASSERT_EQ(act(id_, "reboot", {{"type", "HARD"}}).status, 202);
    static_cast<void>(wait_for(id_, "ACTIVE"));
    EXPECT_EQ(hypervisor("b").tpm_identity(id_), identity_);
    EXPECT_NE(hypervisor("a").tpm_identity(id_), identity_);
    // The periodic tasks do not see it as long as the server has a record.
    cloud_->run_periodic_tasks();
    EXPECT_EQ(hypervisor("b").tpm_identity(id_), identity_);
    remove(id_);
    cloud_->run_periodic_tasks();
    EXPECT_THAT(*hypervisor("b").domains(), IsEmpty());
    EXPECT_THAT(*hypervisor("b").tpm_states(), IsEmpty());
}

// What the source tells a dead destination waits for it.
TEST_F(Crashes, ADestinationCleansUpWhenItIsBack) {
    begin("live");
    compute("b").kill_after(std::string(destination_prepared));
    ASSERT_EQ(act_of("live").status, 202);
    wait_until_dead("b");
    static_cast<void>(wait_for(id_, "ACTIVE"));
    EXPECT_THAT(events_of(id_, "live-migration"),
                testing::Contains("compute_live_migration Error: MessagingTimeout"));
    EXPECT_EQ(hypervisor("b").secrets()->size(), 1u);
    ASSERT_TRUE(compute("b").start());
    EXPECT_THAT(*hypervisor("b").secrets(), IsEmpty());
    remove(id_);
    expect_nothing_left();
}

// At host boot, and at every other start, a suspend that did not end is a guest that should run.
TEST_F(Crashes, ASuspendThatDidNotEndIsResumedAsNobody) {
    CloudOptions options;
    options.compute.resume_guests_state_on_host_boot = true;
    start(options);
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    compute().kill_after(std::string(memory_saved));
    ASSERT_EQ(act(id, "suspend").status, 202);
    wait_until_dead();
    ASSERT_TRUE(compute().start());
    static_cast<void>(wait_for(id, "ERROR"));
    ASSERT_EQ(act(id, "reboot", {{"type", "HARD"}}).status, 202);
    static_cast<void>(wait_for(id, "ACTIVE"));
    remove(id);
    expect_nothing_left();
}

} // namespace
} // namespace vtpmlab::cloud
