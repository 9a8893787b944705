#pragma once
// What every Hypervisor promises, as one suite of typed tests. A back end plugs in with a type that
// owns a hypervisor for the length of one test:
//
//     struct UnderTest {
//         std::optional<std::string> skip_reason();  // nothing: go on
//         Hypervisor& hypervisor();
//         InstanceFiles& files();
//         HostMachine& machine();
//         std::filesystem::path instances();         // where instance directories may be made
//     };
//     INSTANTIATE_TYPED_TEST_SUITE_P(Model, HypervisorContract, UnderTest);
//
// Where two back ends differ, the one in memory is wrong until shown otherwise.

#include "process/deadline.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab {

// A server's pieces, and what they are called in messages.
struct ContractServer {
    DomainSpec domain;
    SecretSpec secret;
};

#define VTPMLAB_EXPECT_OK(...)                                                                     \
    do {                                                                                           \
        const auto vtpmlab_result = (__VA_ARGS__);                                                 \
        EXPECT_TRUE(vtpmlab_result) << vtpmlab_result.error().message;                             \
    } while (false)
#define VTPMLAB_ASSERT_OK(...)                                                                     \
    do {                                                                                           \
        const auto vtpmlab_result = (__VA_ARGS__);                                                 \
        ASSERT_TRUE(vtpmlab_result) << vtpmlab_result.error().message;                             \
    } while (false)

template <typename UnderTest>
class HypervisorContract : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = under_test_.skip_reason())
            GTEST_SKIP() << *why;
    }

    Hypervisor& hypervisor() { return under_test_.hypervisor(); }
    InstanceFiles& files() { return under_test_.files(); }
    HostMachine& machine() { return under_test_.machine(); }

    // Defined and started, with its secret only while it starts.
    ContractServer running_server(std::optional<TpmDevice> device) {
        ContractServer server = this->server(device);
        VTPMLAB_EXPECT_OK(hypervisor().define(server.domain));
        VTPMLAB_EXPECT_OK(start_with_secret(server, passphrase_));
        return server;
    }

    void remove(const ContractServer& server) {
        VTPMLAB_EXPECT_OK(hypervisor().destroy(server.domain.uuid));
        VTPMLAB_EXPECT_OK(hypervisor().undefine(server.domain.uuid, KeepTpm::no));
    }

    ContractServer server(std::optional<TpmDevice> device) {
        ContractServer server;
        DomainSpec& domain = server.domain;
        domain.uuid = random_uuid();
        domain.name = "instance-" + domain.uuid.substr(0, 8);
        domain.memory_mib = 64;
        const auto directory = under_test_.instances() / domain.uuid;
        std::filesystem::create_directories(directory);
        domain.console_log = directory / "console.log";
        domain.probe_socket = directory / "probe.sock";
        server.secret.uuid = random_uuid();
        server.secret.usage_name = domain.uuid;
        if (device)
            domain.tpm = DomainTpm{*device, server.secret.uuid};
        return server;
    }

    // As the compute service does: the secret is there only while the domain starts.
    Status start_with_secret(const ContractServer& server, const SecretValue& value) {
        VTPMLAB_CHECK(hypervisor().define_secret(server.secret, value));
        Status started = hypervisor().start(server.domain.uuid);
        VTPMLAB_CHECK(hypervisor().undefine_secret(server.secret.uuid));
        return started;
    }

    DomainState state_of(const ContractServer& server) {
        const auto state = hypervisor().state(server.domain.uuid);
        EXPECT_TRUE(state) << state.error().message;
        return state ? *state : DomainState::other;
    }

    std::vector<TpmStateInfo> tpm_states() {
        auto states = hypervisor().tpm_states();
        EXPECT_TRUE(states) << states.error().message;
        return states ? *states : std::vector<TpmStateInfo>();
    }

    void expect_nothing_left() {
        EXPECT_THAT(hypervisor().domains().value(), testing::IsEmpty());
        EXPECT_EQ(hypervisor().secrets().value().size(), 0u);
        EXPECT_EQ(tpm_states().size(), 0u);
    }

    // Starts, checks and removes one server with this TPM.
    void expect_an_encrypted_tpm(TpmDevice device) {
        const ContractServer server = this->server(device);
        VTPMLAB_ASSERT_OK(hypervisor().define(server.domain));
        VTPMLAB_ASSERT_OK(start_with_secret(server, passphrase_));
        EXPECT_EQ(state_of(server), DomainState::running);
        EXPECT_EQ(hypervisor().secrets()->size(), 0u);

        const auto states = tpm_states();
        ASSERT_EQ(states.size(), 1u);
        EXPECT_EQ(states[0].directory.filename(), server.domain.uuid);
        EXPECT_EQ(states[0].version, device.version);
        EXPECT_TRUE(states[0].is_encrypted);
        EXPECT_EQ(states[0].owner, "tss");
        EXPECT_EQ(states[0].mode, 0700u);
        EXPECT_GT(states[0].size_bytes, 0u);

        const auto xml = hypervisor().domain_xml(server.domain.uuid);
        ASSERT_TRUE(xml) << xml.error().message;
        EXPECT_THAT(*xml, testing::HasSubstr(server.secret.uuid));
        EXPECT_THAT(*xml, testing::Not(testing::HasSubstr(std::string(passphrase_.reveal()))));

        VTPMLAB_EXPECT_OK(hypervisor().destroy(server.domain.uuid));
        EXPECT_EQ(state_of(server), DomainState::shut_off);
        EXPECT_EQ(tpm_states().size(), 1u);
        VTPMLAB_EXPECT_OK(hypervisor().undefine(server.domain.uuid, KeepTpm::no));
        expect_nothing_left();
    }

    SecretValue passphrase_{"correct horse battery staple"};
    UnderTest under_test_;
};

TYPED_TEST_SUITE_P(HypervisorContract);

// spec: nova-vtpm §SCH-9
TYPED_TEST_P(HypervisorContract, TellsWhatItsGuestsCanHave) {
    const auto capabilities = this->hypervisor().capabilities();
    ASSERT_TRUE(capabilities) << capabilities.error().message;
    EXPECT_EQ(capabilities->hostname, "compute-1");
    EXPECT_TRUE(is_uuid(capabilities->host_uuid)) << capabilities->host_uuid;
    EXPECT_TRUE(capabilities->supports_emulated_tpm);
    EXPECT_EQ(capabilities->tpm_models, (std::set{TpmModel::tis, TpmModel::crb}));
    if (!capabilities->tpm_versions.empty()) {
        EXPECT_EQ(capabilities->tpm_versions, (std::set{TpmVersion::v1_2, TpmVersion::v2_0}));
    }
    EXPECT_THAT(capabilities->machine, testing::StartsWith("pc"));
}

TYPED_TEST_P(HypervisorContract, StartsWithTpm12Tis) {
    this->expect_an_encrypted_tpm({TpmVersion::v1_2, TpmModel::tis});
}
TYPED_TEST_P(HypervisorContract, StartsWithTpm20Tis) {
    this->expect_an_encrypted_tpm({TpmVersion::v2_0, TpmModel::tis});
}
TYPED_TEST_P(HypervisorContract, StartsWithTpm20Crb) {
    this->expect_an_encrypted_tpm({TpmVersion::v2_0, TpmModel::crb});
}

TYPED_TEST_P(HypervisorContract, StartsWithoutTpm) {
    const ContractServer server = this->server(std::nullopt);
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    VTPMLAB_ASSERT_OK(this->hypervisor().start(server.domain.uuid));
    EXPECT_EQ(this->state_of(server), DomainState::running);
    EXPECT_EQ(this->tpm_states().size(), 0u);
    VTPMLAB_EXPECT_OK(this->hypervisor().destroy(server.domain.uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::no));
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, RefusesCrbWithTpm12WhenItIsDefined) {
    const ContractServer server = this->server(TpmDevice{TpmVersion::v1_2, TpmModel::crb});
    const auto defined = this->hypervisor().define(server.domain);
    ASSERT_FALSE(defined);
    EXPECT_EQ(defined.error().kind, ErrorKind::product);
    EXPECT_EQ(defined.error().message,
              "unsupported configuration: Unsupported interface 'tpm-crb' for TPM 1.2 "
              "(VIR_ERR_CONFIG_UNSUPPORTED, 67)");
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, RefusesToStartWithoutTheSecret) {
    const ContractServer server = this->server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    const auto started = this->hypervisor().start(server.domain.uuid);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::product);
    EXPECT_THAT(started.error().message, testing::HasSubstr("(VIR_ERR_NO_SECRET, 66)"));
    EXPECT_THAT(started.error().message, testing::HasSubstr(server.secret.uuid));
    EXPECT_EQ(this->state_of(server), DomainState::shut_off);
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::no));
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, RefusesAnotherPassphraseForStateThatIsThere) {
    const ContractServer server = this->server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(server.domain.uuid));

    const auto started = this->start_with_secret(server, SecretValue("another passphrase"));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::product);
    EXPECT_THAT(started.error().message, testing::HasSubstr("CMD_INIT: 0x101 operation failed"));

    // Nothing was harmed: the right one still opens it.
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    VTPMLAB_EXPECT_OK(this->hypervisor().destroy(server.domain.uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::no));
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, KeepsTheTpmOfAnUndefinedDomainWhenAsked) {
    if (!this->hypervisor().capabilities()->may_keep_tpm_on_undefine)
        GTEST_SKIP() << "libvirt before 8.9 cannot";
    const ContractServer server = this->server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(server.domain.uuid));
    VTPMLAB_ASSERT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::yes));
    EXPECT_EQ(this->tpm_states().size(), 1u);

    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    VTPMLAB_EXPECT_OK(this->hypervisor().destroy(server.domain.uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::no));
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, RemovesWhatIsNotThereWithoutComplaint) {
    const std::string uuid = random_uuid();
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine_secret(uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().destroy(uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine(uuid, KeepTpm::no));
    const auto state = this->hypervisor().state(uuid);
    ASSERT_FALSE(state);
    EXPECT_THAT(state.error().message, testing::HasSubstr(uuid));
}

TYPED_TEST_P(HypervisorContract, KeepsSecretsByUuid) {
    const ContractServer server = this->server(std::nullopt);
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, SecretValue("new value")));
    const auto secrets = this->hypervisor().secrets();
    ASSERT_TRUE(secrets) << secrets.error().message;
    ASSERT_EQ(secrets->size(), 1u);
    EXPECT_EQ(secrets->front().uuid, server.secret.uuid);
    EXPECT_EQ(secrets->front().usage_name, server.domain.uuid);
    EXPECT_TRUE(secrets->front().ephemeral);
    EXPECT_TRUE(secrets->front().is_private);

    SecretSpec rival = server.secret;
    rival.uuid = random_uuid();
    const auto defined = this->hypervisor().define_secret(rival, this->passphrase_);
    ASSERT_FALSE(defined) << "two secrets for one instance";
    EXPECT_EQ(defined.error().kind, ErrorKind::product);
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine_secret(server.secret.uuid));
    this->expect_nothing_left();
}

// spec: nova-vtpm §4.3 [L]
TYPED_TEST_P(HypervisorContract, NeverMakesAPrivateSecretPublic) {
    ContractServer server = this->server(std::nullopt);
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    server.secret.is_private = false;
    const auto defined = this->hypervisor().define_secret(server.secret, this->passphrase_);
    ASSERT_FALSE(defined);
    EXPECT_THAT(defined.error().message,
                testing::HasSubstr("cannot change private flag on existing secret"));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine_secret(server.secret.uuid));
}

TYPED_TEST_P(HypervisorContract, PausesAndGoesOnWithoutTheSecret) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_EXPECT_OK(this->hypervisor().suspend(uuid));
    const auto paused = this->hypervisor().info(uuid);
    ASSERT_TRUE(paused) << paused.error().message;
    EXPECT_EQ(paused->state, DomainState::paused);
    EXPECT_EQ(paused->reason, "user");
    VTPMLAB_EXPECT_OK(this->hypervisor().resume(uuid));
    const auto resumed = this->hypervisor().info(uuid);
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(resumed->state, DomainState::running);
    EXPECT_EQ(resumed->reason, "unpaused");
    this->remove(server);
    this->expect_nothing_left();
}

// spec: nova-vtpm §LIF-SUS-1
TYPED_TEST_P(HypervisorContract, RestoresAManagedSaveOnlyWithTheSecret) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().managed_save(uuid));
    auto info = this->hypervisor().info(uuid);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->state, DomainState::shut_off);
    EXPECT_EQ(info->reason, "saved");
    EXPECT_TRUE(info->has_managed_save);
    EXPECT_EQ(this->tpm_states().size(), 1u);

    const auto refused = this->hypervisor().start(uuid);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("(VIR_ERR_NO_SECRET, 66)"));
    EXPECT_TRUE(this->hypervisor().info(uuid)->has_managed_save) << "a refusal loses nothing";

    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    info = this->hypervisor().info(uuid);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->state, DomainState::running);
    EXPECT_EQ(info->reason, "restored");
    EXPECT_FALSE(info->has_managed_save);
    this->remove(server);
    this->expect_nothing_left();
}

// spec: nova-vtpm §LIF-SUS-2
TYPED_TEST_P(HypervisorContract, UndefineLosesTheManagedSaveAndMayKeepTheTpm) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().managed_save(uuid));
    VTPMLAB_ASSERT_OK(this->hypervisor().undefine(uuid, KeepTpm::yes));
    if (this->hypervisor().capabilities()->may_keep_tpm_on_undefine) {
        EXPECT_EQ(this->tpm_states().size(), 1u);
    }
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    EXPECT_FALSE(this->hypervisor().info(uuid)->has_managed_save);
    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    EXPECT_EQ(this->hypervisor().info(uuid)->reason, "booted");
    this->remove(server);
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, GoesOnWhenItIsUndefinedWhileItRuns) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().undefine(uuid, KeepTpm::yes));
    const auto transient = this->hypervisor().info(uuid);
    ASSERT_TRUE(transient) << transient.error().message;
    EXPECT_EQ(transient->state, DomainState::running);
    EXPECT_FALSE(transient->is_persistent);
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    EXPECT_TRUE(this->hypervisor().info(uuid)->is_persistent);
    EXPECT_EQ(this->tpm_states().size(), 1u);
    this->remove(server);
    this->expect_nothing_left();
}

// Nova's live snapshot has such a moment (spec: nova-vtpm §LIF-SNP-1), and whoever dies in it takes
// the TPM along.
TYPED_TEST_P(HypervisorContract, LosesTheTpmOfADomainThatEndsWhileItIsUndefined) {
    const ContractServer server = this->running_server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().undefine(server.domain.uuid, KeepTpm::yes));
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(server.domain.uuid));
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, TellsWhatHappensToDomains) {
    std::mutex mutex;
    std::vector<DomainEvent> events;
    const ContractServer server = this->server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    auto subscription = this->hypervisor().subscribe([&](const DomainEvent& event) {
        const std::lock_guard lock(mutex);
        events.push_back(event);
    });
    ASSERT_TRUE(subscription) << subscription.error().message;
    const auto has_come = [&](DomainEvent::Kind kind, const std::string& detail) {
        const Deadline deadline = Deadline::in(std::chrono::seconds(20));
        return wait_until(deadline, [&] {
            const std::lock_guard lock(mutex);
            return std::ranges::find(events, DomainEvent{uuid, kind, detail}) != events.end();
        });
    };
    using Kind = DomainEvent::Kind;
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    EXPECT_TRUE(has_come(Kind::started, "booted"));
    VTPMLAB_ASSERT_OK(this->hypervisor().suspend(uuid));
    EXPECT_TRUE(has_come(Kind::suspended, "paused"));
    VTPMLAB_ASSERT_OK(this->hypervisor().resume(uuid));
    EXPECT_TRUE(has_come(Kind::resumed, "unpaused"));
    VTPMLAB_ASSERT_OK(this->hypervisor().managed_save(uuid));
    EXPECT_TRUE(has_come(Kind::stopped, "saved"));
    VTPMLAB_ASSERT_OK(this->start_with_secret(server, this->passphrase_));
    EXPECT_TRUE(has_come(Kind::started, "restored"));
    VTPMLAB_ASSERT_OK(this->machine().kill_qemu(uuid));
    EXPECT_TRUE(has_come(Kind::stopped, "failed"));
    EXPECT_EQ(this->hypervisor().info(uuid)->reason, "crashed");
    EXPECT_EQ(this->tpm_states().size(), 1u);
    subscription->reset();
    this->remove(server);
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, SpeaksNoValueOfAPrivateSecret) {
    ContractServer server = this->server(std::nullopt);
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    const auto refused = this->hypervisor().secret_value(server.secret.uuid);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("secret is private"));
    VTPMLAB_ASSERT_OK(this->hypervisor().undefine_secret(server.secret.uuid));

    server.secret.is_private = server.secret.ephemeral = false;
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    const auto told = this->hypervisor().secret_value(server.secret.uuid);
    ASSERT_TRUE(told) << told.error().message;
    EXPECT_TRUE(*told == this->passphrase_);
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine_secret(server.secret.uuid));
    const auto missing = this->hypervisor().secret_value(server.secret.uuid);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, testing::HasSubstr("(VIR_ERR_NO_SECRET, 66)"));
}

// spec: nova-vtpm §5.7
TYPED_TEST_P(HypervisorContract, MovesTheTpmOutAndInAgain) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(uuid));
    const auto resize = this->under_test_.instances() / (uuid + "_resize") / "swtpm";
    const auto saved = this->files().save_tpm_state(uuid, resize);
    ASSERT_TRUE(saved) << saved.error().message;
    EXPECT_TRUE(*saved);
    EXPECT_EQ(this->tpm_states().size(), 0u);
    EXPECT_TRUE(std::filesystem::exists(resize / uuid / "tpm2/tpm2-00.permall"));
    const auto nothing = this->files().save_tpm_state(uuid, resize);
    ASSERT_TRUE(nothing) << nothing.error().message;
    EXPECT_FALSE(*nothing) << "there is none";

    // As the other host would get it.
    const auto copied = this->under_test_.instances() / uuid / "swtpm";
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::copy_fails));
    const auto broken = this->files().receive(resize, copied);
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, testing::HasSubstr("Connection closed by remote host"));
    VTPMLAB_ASSERT_OK(this->machine().mend(HostFault::copy_fails));
    VTPMLAB_ASSERT_OK(this->files().receive(resize, copied));
    VTPMLAB_ASSERT_OK(this->files().restore_tpm_state(copied / uuid, "tss", "tss"));
    ASSERT_EQ(this->tpm_states().size(), 1u);
    EXPECT_EQ(this->tpm_states()[0].owner, "tss");
    EXPECT_EQ(this->tpm_states()[0].mode, 0700u);
    EXPECT_TRUE(this->tpm_states()[0].is_encrypted);

    // spec: nova-vtpm §LIF-RSZ-9
    const auto twice = this->files().restore_tpm_state(resize / uuid, "tss", "tss");
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().kind, ErrorKind::product);
    EXPECT_THAT(twice.error().message, testing::HasSubstr("already exists"));

    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    std::filesystem::remove_all(resize.parent_path());
    this->expect_nothing_left();
}

// spec: nova-vtpm §11.7 R28, R29
TYPED_TEST_P(HypervisorContract, RestoresNoTpmWhereSwtpmsDirectoryIsAFile) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(uuid));
    const auto resize = this->under_test_.instances() / (uuid + "_resize") / "swtpm";
    VTPMLAB_ASSERT_OK(this->files().save_tpm_state(uuid, resize));
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::swtpm_root_is_a_file));
    const auto refused = this->files().restore_tpm_state(resize / uuid, "tss", "tss");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::product);
    EXPECT_THAT(refused.error().message,
                testing::MatchesRegex(
                    "Guest wants emulated TPM but host path .*/swtpm is not a directory\\."));
    VTPMLAB_ASSERT_OK(this->machine().mend(HostFault::swtpm_root_is_a_file));
    VTPMLAB_EXPECT_OK(this->files().restore_tpm_state(resize / uuid, "tss", "tss"));
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    std::filesystem::remove_all(resize.parent_path());
    this->expect_nothing_left();
}

// spec: nova-vtpm §11.4 P06
TYPED_TEST_P(HypervisorContract, MakesNoTpmWhereSwtpmSetupFails) {
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::swtpm_setup_fails));
    const ContractServer server = this->server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    const auto failed = this->start_with_secret(server, this->passphrase_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::product);
    EXPECT_THAT(failed.error().message, testing::HasSubstr("Could not run '/usr/bin/swtpm_setup'"));
    VTPMLAB_ASSERT_OK(this->machine().mend(HostFault::swtpm_setup_fails));
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    this->expect_nothing_left();
}

// spec: nova-vtpm §LIF-HST-5
TYPED_TEST_P(HypervisorContract, GuestsOutliveARestartOfTheirDaemon) {
    ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    ContractServer other = this->server(std::nullopt);
    other.secret.ephemeral = other.secret.is_private = false;
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(other.secret, this->passphrase_));

    VTPMLAB_ASSERT_OK(this->machine().restart_libvirtd());
    EXPECT_EQ(this->state_of(server), DomainState::running);
    const auto secrets = this->hypervisor().secrets();
    ASSERT_TRUE(secrets) << secrets.error().message;
    ASSERT_EQ(secrets->size(), 1u) << "only the one on disk is left";
    EXPECT_EQ(secrets->front().uuid, other.secret.uuid);
    VTPMLAB_EXPECT_OK(this->hypervisor().destroy(uuid));
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));

    VTPMLAB_EXPECT_OK(this->machine().lose_secret_files());
    VTPMLAB_EXPECT_OK(this->machine().restart_libvirtd());
    EXPECT_EQ(this->hypervisor().secrets()->size(), 0u);
    this->remove(server);
    this->expect_nothing_left();
}

TYPED_TEST_P(HypervisorContract, LosesPowerAndComesBack) {
    const ContractServer server = this->running_server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    VTPMLAB_ASSERT_OK(this->machine().power_off());
    const auto unreachable = this->hypervisor().state(server.domain.uuid);
    ASSERT_FALSE(unreachable);
    EXPECT_EQ(unreachable.error().kind, ErrorKind::lab);
    EXPECT_EQ(this->tpm_states().size(), 1u) << "the disk stays";

    VTPMLAB_ASSERT_OK(this->machine().boot());
    EXPECT_EQ(this->state_of(server), DomainState::shut_off);
    EXPECT_EQ(this->hypervisor().secrets()->size(), 0u) << "an ephemeral secret is gone";
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    this->expect_nothing_left();
}

REGISTER_TYPED_TEST_SUITE_P(
    HypervisorContract, PausesAndGoesOnWithoutTheSecret, RestoresAManagedSaveOnlyWithTheSecret,
    UndefineLosesTheManagedSaveAndMayKeepTheTpm, GoesOnWhenItIsUndefinedWhileItRuns,
    LosesTheTpmOfADomainThatEndsWhileItIsUndefined, TellsWhatHappensToDomains,
    SpeaksNoValueOfAPrivateSecret, MovesTheTpmOutAndInAgain,
    RestoresNoTpmWhereSwtpmsDirectoryIsAFile, MakesNoTpmWhereSwtpmSetupFails,
    GuestsOutliveARestartOfTheirDaemon, LosesPowerAndComesBack, TellsWhatItsGuestsCanHave,
    StartsWithTpm12Tis, StartsWithTpm20Tis, StartsWithTpm20Crb, StartsWithoutTpm,
    RefusesCrbWithTpm12WhenItIsDefined, RefusesToStartWithoutTheSecret,
    RefusesAnotherPassphraseForStateThatIsThere, KeepsTheTpmOfAnUndefinedDomainWhenAsked,
    RemovesWhatIsNotThereWithoutComplaint, KeepsSecretsByUuid, NeverMakesAPrivateSecretPublic);

} // namespace vtpmlab
