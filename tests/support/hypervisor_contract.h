#pragma once
// What every Hypervisor promises, as one suite of typed tests. A back end plugs in with a type that
// owns a hypervisor for the length of one test:
//
//     struct UnderTest {
//         std::optional<std::string> skip_reason();  // nothing: go on
//         Hypervisor& hypervisor();
//         std::filesystem::path instances();         // where instance directories may be made
//     };
//     INSTANTIATE_TYPED_TEST_SUITE_P(Model, HypervisorContract, UnderTest);
//
// Where two back ends differ, the one in memory is wrong until shown otherwise.

#include <vtpmlab/encoding.h>
#include <vtpmlab/hypervisor.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
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

REGISTER_TYPED_TEST_SUITE_P(HypervisorContract, TellsWhatItsGuestsCanHave, StartsWithTpm12Tis,
                            StartsWithTpm20Tis, StartsWithTpm20Crb, StartsWithoutTpm,
                            RefusesCrbWithTpm12WhenItIsDefined, RefusesToStartWithoutTheSecret,
                            RefusesAnotherPassphraseForStateThatIsThere,
                            KeepsTheTpmOfAnUndefinedDomainWhenAsked,
                            RemovesWhatIsNotThereWithoutComplaint, KeepsSecretsByUuid,
                            NeverMakesAPrivateSecretPublic);

} // namespace vtpmlab
