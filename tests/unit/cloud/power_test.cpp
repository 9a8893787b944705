// Stop, start and reboots by different people: rows L01 to L18 of the reference.

#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Power : public CloudTest {
protected:
    std::string active(const std::string& mode = "") {
        Properties specs = {{"hw:tpm_version", "2.0"}};
        if (!mode.empty())
            specs["hw:tpm_secret_security"] = mode;
        const auto id = create_active(specs);
        return id;
    }
    std::string stopped(const std::string& mode = "") {
        const auto id = active(mode);
        EXPECT_EQ(act(id, "os-stop").status, 202);
        static_cast<void>(wait_for(id, "SHUTOFF"));
        return id;
    }
    void act_and_wait(const std::string& id, const std::string& action, const json& body,
                      const std::string& persona, const std::string& status) {
        EXPECT_EQ(act(id, action, body, persona).status, 202);
        static_cast<void>(wait_for(id, status));
    }
    std::size_t barbican_calls() { return entries_of("barbican").size(); }
    static inline const json hard = {{"type", "HARD"}};
    static inline const json soft = {{"type", "SOFT"}};
};

// spec: nova-vtpm §LIF-STR-4: a Nova that would keep the TPM says so, an older one says nothing.
TEST_F(Power, AnOldLibvirtIsWarnedAboutByANovaThatKnowsBetter) {
    for (const bool knows : {true, false}) {
        CloudOptions options;
        options.release = knows ? "epoxy-old-libvirt" : "epoxy-31.2";
        start(options);
        const auto id = stopped();
        act_and_wait(id, "os-start", nullptr, "owner", "ACTIVE");
        const auto warning = HasSubstr("Temporary undefine operation is deleting vTPM contents.");
        if (knows) {
            EXPECT_THAT(cloud_->log(), warning);
            EXPECT_THAT(*cloud_->warnings(id), ElementsAre(warning));
        } else {
            EXPECT_THAT(cloud_->log(), testing::Not(warning));
            EXPECT_THAT(*cloud_->warnings(id), testing::IsEmpty());
        }
        CloudTest::TearDown();
    }
}

// Finding X9 of scenarios/docs/real_libvirt.md. Twice in a row is no coincidence.
TEST_F(Power, AStartWhoseSwtpmLostItsSocketIsTriedOnceMore) {
    start();
    const std::string lost =
        "internal error: process exited while connecting to monitor: Failed to connect to "
        "'/run/libvirt/qemu/swtpm/2-instance-00000001-swtpm.sock': Connection refused";
    hypervisor().fail_at("start", lost, 1);
    const auto id = active();
    EXPECT_EQ(hypervisor().count("start"), 2);
    EXPECT_THAT(*cloud_->warnings(id),
                ElementsAre("libvirt took swtpm's socket away before swtpm listened on it, and the "
                            "domain did not start; it was started once more (finding X9)"));
    act_and_wait(id, "os-stop", nullptr, "owner", "SHUTOFF");
    hypervisor().fail_at("start", lost);
    act_and_wait(id, "os-start", nullptr, "owner", "SHUTOFF");
    EXPECT_EQ(hypervisor().count("start"), 4);
    EXPECT_THAT(events_of(id, "start"), ElementsAre(HasSubstr("compute_start_instance Error")));
}

// spec: nova-vtpm §LIF-STR-2, rows L01 L03 L04
TEST_F(Power, StrangersCannotStartAServerOfModeUserAndItsOwnerThenCan) {
    start();
    const auto id = stopped();
    act_and_wait(id, "os-start", nullptr, "admin", "SHUTOFF");
    EXPECT_THAT(events_of(id, "start"),
                ElementsAre(HasSubstr("compute_start_instance Error: Key manager error: Forbidden: "
                                      "Secret retrieval attempt not allowed")));
    EXPECT_TRUE(hypervisor().domains()->empty());
    EXPECT_EQ(hypervisor().tpm_states()->size(), 1u);
    act_and_wait(id, "os-start", nullptr, "owner", "ACTIVE");
    EXPECT_TRUE(hypervisor().secrets()->empty());
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-STR-3, rows L05 L06 L14 L15
TEST_F(Power, ModesHostAndDeploymentLetAdministratorsStart) {
    start();
    const auto of_host = stopped("host");
    const auto before = barbican_calls();
    act_and_wait(of_host, "os-start", nullptr, "admin", "ACTIVE");
    act_and_wait(of_host, "reboot", hard, "admin", "ACTIVE");
    EXPECT_EQ(barbican_calls(), before);
    EXPECT_EQ(hypervisor().secrets()->size(), 1u);
    remove(of_host);
}

TEST_F(Power, ModeDeploymentAsksAsNova) {
    start();
    const auto id = stopped("deployment");
    const auto before = barbican_calls();
    act_and_wait(id, "os-start", nullptr, "admin", "ACTIVE");
    const auto entries = entries_of("barbican");
    ASSERT_GT(entries.size(), before);
    EXPECT_EQ(entries.back().user, "nova");
    EXPECT_TRUE(hypervisor().secrets()->empty());
}

// spec: nova-vtpm §LIF-RBT-3, rows L11 L12 L13, finding D7
TEST_F(Power, ARefusedHardRebootKillsARunningServerAndTheOwnerRecoversIt) {
    start();
    const auto id = active();
    act_and_wait(id, "reboot", hard, "owner", "ACTIVE");
    act_and_wait(id, "reboot", hard, "admin", "ERROR");
    EXPECT_THAT(wait_for(id, "ERROR").at("fault").at("message"),
                HasSubstr("Forbidden: Secret retrieval attempt not allowed"));
    EXPECT_TRUE(hypervisor().domains()->empty());
    act_and_wait(id, "reboot", hard, "owner", "ACTIVE");
    EXPECT_EQ(hypervisor().domains()->size(), 1u);
}

// spec: nova-vtpm §LIF-RBT-4, rows L16 L17 L18
TEST_F(Power, ASoftRebootIsAHardOneUnlessTheHostKeepsTheSecret) {
    start();
    const auto id = active();
    const auto before = barbican_calls();
    act_and_wait(id, "reboot", soft, "owner", "ACTIVE");
    EXPECT_GT(barbican_calls(), before);
    act_and_wait(id, "reboot", soft, "admin", "ERROR");
    remove(id);
}

TEST_F(Power, ASoftRebootOfModeHostNeedsNobodysSecret) {
    start();
    const auto id = active("host");
    const auto before = barbican_calls();
    act_and_wait(id, "reboot", soft, "admin", "ACTIVE");
    EXPECT_EQ(barbican_calls(), before);
}

// row L08
TEST_F(Power, ALostSecretKeepsTheServerStopped) {
    start();
    const auto id = stopped();
    const auto secret = hypervisor().secret_of(id).uuid;
    EXPECT_EQ(call("owner", "DELETE", "/v1/secrets/" + secret, nullptr, "", "key-manager").status,
              204);
    act_and_wait(id, "os-start", nullptr, "owner", "SHUTOFF");
    EXPECT_THAT(events_of(id, "start"),
                ElementsAre("compute_start_instance Error: ManagedObjectNotFoundError"));
    EXPECT_EQ(hypervisor().tpm_states()->size(), 1u);
}

// spec: nova-vtpm §LIF-DEL-12, row X14, finding D25
TEST_F(Power, DeletingAfterARefusedRebootLeavesTheTpmDirectory) {
    start();
    const auto id = active();
    act_and_wait(id, "reboot", hard, "admin", "ERROR");
    remove(id);
    EXPECT_EQ(hypervisor().tpm_states()->size(), 1u);
    EXPECT_THAT(services_->leftovers(), IsEmpty());
}

class DeafGuests : public Power {
protected:
    void start_deaf(CloudOptions options = {}) {
        options.models["compute-1"].guests_obey_acpi = false;
        start(std::move(options));
    }
};

// nova's _get_power_off_values: what the image says goes before nova.conf's shutdown_timeout (60 s,
// for which nobody here would wait).
TEST_F(DeafGuests, AnImageSaysHowLongAGuestMayTakeToTurnItselfOff) {
    start_deaf();
    const auto id = create_active({{"hw:tpm_version", "2.0"}}, {{"os_shutdown_timeout", "1"}});
    act_and_wait(id, "os-stop", nullptr, "owner", "SHUTOFF");
    EXPECT_EQ(hypervisor().count("shutdown"), 1);
    EXPECT_EQ(hypervisor().count("destroy"), 1);
    remove(id);
}

TEST_F(DeafGuests, ATimeThatIsNoNumberIsNovaConfs) {
    CloudOptions options;
    options.compute.shutdown_timeout = std::chrono::seconds(1);
    start_deaf(options);
    const auto id = create_active({{"hw:tpm_version", "2.0"}}, {{"os_shutdown_timeout", "soon"}});
    act_and_wait(id, "os-stop", nullptr, "owner", "SHUTOFF");
    EXPECT_THAT(cloud_->log(), HasSubstr("Metadata value soon for image_os_shutdown_timeout is not "
                                         "of type int. Using default value 1."));
    remove(id);
}

// spec: nova-vtpm §LIF-RBT-4: a time of its own, which no image names.
TEST_F(DeafGuests, ASoftRebootWaitsAndThenIsAHardOne) {
    CloudOptions options;
    options.compute.wait_soft_reboot = std::chrono::seconds(1);
    start_deaf(options);
    const auto id = active();
    act_and_wait(id, "reboot", soft, "owner", "ACTIVE");
    EXPECT_EQ(hypervisor().count("start"), 2);
    EXPECT_GE(hypervisor().count("undefine"), 1);
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    static_cast<void>(wait_for(id, "gone"));
}

} // namespace
} // namespace vtpmlab::cloud
