#pragma once
// What every Hypervisor promises, as one suite of typed tests; HostInTest says what a back end
// brings. Where two back ends differ, the one in memory is wrong until shown otherwise.
//
//     INSTANTIATE_TYPED_TEST_SUITE_P(Model, HypervisorContract, UnderTest);

#include "support/host_in_test.h"

namespace vtpmlab {

template <typename UnderTest>
class HypervisorContract : public HostInTest<UnderTest> {};

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

REGISTER_TYPED_TEST_SUITE_P(
    HypervisorContract, TellsWhatItsGuestsCanHave, StartsWithTpm12Tis, StartsWithTpm20Tis,
    StartsWithTpm20Crb, StartsWithoutTpm, RefusesCrbWithTpm12WhenItIsDefined,
    RefusesToStartWithoutTheSecret, RefusesAnotherPassphraseForStateThatIsThere,
    KeepsTheTpmOfAnUndefinedDomainWhenAsked, RemovesWhatIsNotThereWithoutComplaint,
    KeepsSecretsByUuid, NeverMakesAPrivateSecretPublic, PausesAndGoesOnWithoutTheSecret,
    RestoresAManagedSaveOnlyWithTheSecret, UndefineLosesTheManagedSaveAndMayKeepTheTpm,
    GoesOnWhenItIsUndefinedWhileItRuns, LosesTheTpmOfADomainThatEndsWhileItIsUndefined,
    TellsWhatHappensToDomains, SpeaksNoValueOfAPrivateSecret);

} // namespace vtpmlab
