#include "core/files.h"
#include "hypervisor/model/model_hypervisor.h"
#include "xml/domain_xml.h"

#include <gtest/gtest.h>

namespace vtpmlab::model {
namespace {

constexpr const char* server = "6f70656e-7374-4163-8b00-000000000001";
constexpr const char* other = "6f70656e-7374-4163-8b00-000000000002";
constexpr const char* secret = "5ec4e700-0000-4000-8000-000000000001";
constexpr const char* second_secret = "5ec4e700-0000-4000-8000-000000000002";

DomainSpec domain(TpmDevice device, const std::string& uuid = server) {
    DomainSpec spec;
    spec.uuid = uuid;
    spec.name = "instance-" + uuid.substr(uuid.size() - 8);
    spec.tpm = DomainTpm{device, secret};
    return spec;
}

SecretSpec secret_spec(const std::string& uuid = secret, const std::string& usage = server) {
    return {uuid, usage, true, true};
}

constexpr TpmDevice crb{TpmVersion::v2_0, TpmModel::crb};

class ModelHypervisorTest : public testing::Test {
protected:
    ModelHypervisor host_{ModelConfig{}};

    void start_once() {
        ASSERT_TRUE(host_.define_secret(secret_spec(), SecretValue("pass")));
        ASSERT_TRUE(host_.define(domain(crb)));
        ASSERT_TRUE(host_.start(server));
    }
};

TEST_F(ModelHypervisorTest, GivesWhatItsConfigurationSays) {
    ModelConfig config;
    config.tpm_models = {TpmModel::tis};
    const auto capabilities = ModelHypervisor(config).capabilities().value();
    EXPECT_EQ(capabilities.tpm_models, std::set{TpmModel::tis});
    EXPECT_EQ(capabilities.accelerator, "model");
    config.supports_emulated_tpm = false;
    EXPECT_TRUE(ModelHypervisor(config).capabilities()->tpm_versions.empty());
}

// spec: nova-vtpm §REQ-3 (libvirt's own refusal)
TEST_F(ModelHypervisorTest, RefusesCrbWithOneTwoAtDefine) {
    const auto defined = host_.define(domain({TpmVersion::v1_2, TpmModel::crb}));
    ASSERT_FALSE(defined);
    EXPECT_EQ(defined.error().kind, ErrorKind::product);
    EXPECT_NE(defined.error().message.find("Unsupported interface 'tpm-crb' for TPM 1.2"),
              std::string::npos);
    EXPECT_TRUE(host_.domains()->empty());
}

// spec: nova-vtpm §11.2 row H03
TEST_F(ModelHypervisorTest, RefusesAModelItsQemuDoesNotHave) {
    ModelConfig config;
    config.tpm_models = {TpmModel::tis};
    ModelHypervisor host(config);
    const auto defined = host.define(domain(crb));
    ASSERT_FALSE(defined);
    EXPECT_EQ(defined.error().message,
              "unsupported configuration: The QEMU executable /usr/bin/qemu-system-x86_64 does not "
              "support TPM model tpm-crb (VIR_ERR_CONFIG_UNSUPPORTED, 67)");
}

// spec: nova-vtpm §4.5
TEST_F(ModelHypervisorTest, RefusesToStartWithoutTheSecret) {
    ASSERT_TRUE(host_.define(domain(crb)));
    const auto started = host_.start(server);
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("VIR_ERR_NO_SECRET, 66"), std::string::npos);
    EXPECT_EQ(host_.state(server).value(), DomainState::shut_off);
    EXPECT_TRUE(host_.tpm_states()->empty());
}

TEST_F(ModelHypervisorTest, FirstStartMakesTheStateAndLaterOnesOpenIt) {
    start_once();
    ASSERT_EQ(host_.tpm_states()->size(), 1u);
    EXPECT_EQ(host_.tpm_states()->at(0).version, TpmVersion::v2_0);
    EXPECT_TRUE(host_.tpm_states()->at(0).is_encrypted);
    ASSERT_TRUE(host_.destroy(server));
    EXPECT_EQ(host_.tpm_states()->size(), 1u);
    EXPECT_TRUE(host_.start(server));
}

// Only names of files came there, so nothing of it is encrypted.
TEST_F(ModelHypervisorTest, ATpmThatMovedToAFullDiskIsNotEncrypted) {
    const auto directory = TemporaryDirectory::create("vtpmlab-test").value();
    start_once();
    ASSERT_TRUE(host_.destroy(server));
    ASSERT_TRUE(host_.save_tpm_state(server, directory.path()));
    ASSERT_TRUE(host_.break_with(HostFault::swtpm_disk_is_full));
    EXPECT_FALSE(host_.restore_tpm_state(directory.path() / server, "tss", "tss"));
    ASSERT_EQ(host_.tpm_states()->size(), 1u);
    EXPECT_FALSE(host_.tpm_states()->at(0).is_encrypted);
}

TEST_F(ModelHypervisorTest, WrongPassphraseStopsTheStart) {
    start_once();
    ASSERT_TRUE(host_.destroy(server));
    ASSERT_TRUE(host_.define_secret(secret_spec(), SecretValue("wrong")));
    const auto started = host_.start(server);
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("CMD_INIT: 0x101"), std::string::npos);
}

TEST_F(ModelHypervisorTest, SecretIsNotNeededWhileTheDomainRuns) {
    start_once();
    ASSERT_TRUE(host_.undefine_secret(secret));
    EXPECT_EQ(host_.state(server).value(), DomainState::running);
}

TEST_F(ModelHypervisorTest, StartingTwiceIsRefused) {
    start_once();
    EXPECT_FALSE(host_.start(server));
}

TEST_F(ModelHypervisorTest, UndefineTakesTheStateUnlessToldToKeepIt) {
    start_once();
    ASSERT_TRUE(host_.destroy(server));
    ASSERT_TRUE(host_.undefine(server, KeepTpm::yes));
    EXPECT_EQ(host_.tpm_states()->size(), 1u);
    // No domain, nobody takes it away (spec: nova-vtpm §LIF-DEL-12).
    ASSERT_TRUE(host_.undefine(server, KeepTpm::no));
    EXPECT_EQ(host_.tpm_states()->size(), 1u);
    ASSERT_TRUE(host_.define(domain(crb)));
    ASSERT_TRUE(host_.undefine(server, KeepTpm::no));
    EXPECT_TRUE(host_.tpm_states()->empty());
}

TEST_F(ModelHypervisorTest, OldLibvirtCannotKeepTheState) {
    ModelConfig config;
    config.may_keep_tpm_on_undefine = false;
    ModelHypervisor host(config);
    ASSERT_TRUE(host.define_secret(secret_spec(), SecretValue("pass")));
    ASSERT_TRUE(host.define(domain(crb)));
    ASSERT_TRUE(host.start(server));
    ASSERT_TRUE(host.destroy(server));
    ASSERT_TRUE(host.undefine(server, KeepTpm::yes));
    EXPECT_TRUE(host.tpm_states()->empty());
}

// spec: nova-vtpm §4.3
TEST_F(ModelHypervisorTest, SecretsKeepLibvirtsRules) {
    ASSERT_TRUE(host_.define_secret(secret_spec(), SecretValue("pass")));
    EXPECT_FALSE(host_.define_secret({secret, server, false, false}, SecretValue("pass")));
    EXPECT_FALSE(host_.define_secret(secret_spec(second_secret, server), SecretValue("pass")));
    EXPECT_FALSE(host_.define_secret(secret_spec(secret, other), SecretValue("pass")));
    EXPECT_TRUE(host_.define_secret(secret_spec(), SecretValue("pass")));
    EXPECT_TRUE(host_.undefine_secret(second_secret));
}

TEST_F(ModelHypervisorTest, NonPrivateToPrivateIsAccepted) {
    ASSERT_TRUE(host_.define_secret({secret, server, false, false}, SecretValue("pass")));
    EXPECT_TRUE(host_.define_secret(secret_spec(), SecretValue("pass")));
}

// spec: nova-vtpm §4.3
TEST_F(ModelHypervisorTest, ShowsTheXmlThatWouldBeUsed) {
    start_once();
    EXPECT_EQ(xml::parse_domain_tpm(host_.domain_xml(server).value()).value(),
              (DomainTpm{crb, secret}));
    EXPECT_EQ(host_.domain_xml(other).error().message, std::string("there is no domain ") + other);
}

TEST_F(ModelHypervisorTest, WhatIsNotThereNeedsNoRemoval) {
    EXPECT_TRUE(host_.destroy(server));
    EXPECT_TRUE(host_.undefine(server, KeepTpm::no));
    EXPECT_TRUE(host_.undefine_secret(secret));
    EXPECT_FALSE(host_.state(server));
    EXPECT_FALSE(host_.start(server));
}

} // namespace
} // namespace vtpmlab::model
