#pragma once
// What every HostMachine and its InstanceFiles promise: TPMs carried in and out, what breaks on
// purpose and is mended, the daemon's restart, the power. HostInTest says what a back end brings.
//
//     INSTANTIATE_TYPED_TEST_SUITE_P(Model, MachineContract, UnderTest);

#include "support/host_in_test.h"

#include <fstream>

namespace vtpmlab {

template <typename UnderTest>
class MachineContract : public HostInTest<UnderTest> {};

TYPED_TEST_SUITE_P(MachineContract);

// spec: nova-vtpm §5.7
TYPED_TEST_P(MachineContract, MovesTheTpmOutAndInAgain) {
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
TYPED_TEST_P(MachineContract, RestoresNoTpmWhereSwtpmsDirectoryIsAFile) {
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

// spec: nova-vtpm §11.7 R29
TYPED_TEST_P(MachineContract, MakesSwtpmsDirectoryWhereThereIsNone) {
    const ContractServer server = this->running_server(TpmDevice{});
    const std::string& uuid = server.domain.uuid;
    VTPMLAB_ASSERT_OK(this->hypervisor().destroy(uuid));
    const auto refused = this->machine().break_with(HostFault::swtpm_root_is_absent);
    ASSERT_FALSE(refused) << "what a host has of TPMs is never hidden";
    EXPECT_EQ(refused.error().kind, ErrorKind::scenario);
    const auto resize = this->under_test_.instances() / (uuid + "_resize") / "swtpm";
    VTPMLAB_ASSERT_OK(this->files().save_tpm_state(uuid, resize));
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::swtpm_root_is_absent));
    VTPMLAB_ASSERT_OK(this->files().restore_tpm_state(resize / uuid, "tss", "tss"));
    ASSERT_EQ(this->tpm_states().size(), 1u);
    EXPECT_EQ(this->tpm_states()[0].root_mode, 0711u);
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    std::filesystem::remove_all(resize.parent_path());
    this->expect_nothing_left();
}

// spec: nova-vtpm §LIF-RSZ-11
TYPED_TEST_P(MachineContract, BreaksOffTheTpmsCopyAndNoOther) {
    const auto from = this->under_test_.instances() / "from";
    std::filesystem::create_directories(from / "swtpm");
    std::ofstream(from / "swtpm/tpm2-00.permall") << "state";
    std::ofstream(from / "disk") << "disk";
    const auto to = this->under_test_.instances() / "to";
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::tpm_copy_fails));
    VTPMLAB_EXPECT_OK(this->files().receive(from / "disk", to / "disk"));
    const auto broken = this->files().receive(from / "swtpm", to / "swtpm");
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, testing::HasSubstr("Connection closed by remote host"));
    VTPMLAB_ASSERT_OK(this->machine().mend(HostFault::tpm_copy_fails));
    VTPMLAB_EXPECT_OK(this->files().receive(from / "swtpm", to / "swtpm"));
    std::filesystem::remove_all(from);
    std::filesystem::remove_all(to);
    this->expect_nothing_left();
}

// spec: nova-vtpm §4.4
TYPED_TEST_P(MachineContract, MakesNoTpmOnAFullDisk) {
    VTPMLAB_ASSERT_OK(this->machine().break_with(HostFault::swtpm_disk_is_full));
    VTPMLAB_EXPECT_OK(this->machine().break_with(HostFault::swtpm_disk_is_full));
    const ContractServer server = this->server(TpmDevice{});
    VTPMLAB_ASSERT_OK(this->hypervisor().define(server.domain));
    const auto failed = this->start_with_secret(server, this->passphrase_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::product);
    EXPECT_THAT(failed.error().message, testing::HasSubstr("Could not run '/usr/bin/swtpm_setup'"));
    VTPMLAB_ASSERT_OK(this->machine().mend(HostFault::swtpm_disk_is_full));
    VTPMLAB_EXPECT_OK(this->start_with_secret(server, this->passphrase_));
    this->remove(server);
    this->expect_nothing_left();
}

// spec: nova-vtpm §11.4 P06
TYPED_TEST_P(MachineContract, MakesNoTpmWhereSwtpmSetupFails) {
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
TYPED_TEST_P(MachineContract, GuestsOutliveARestartOfTheirDaemon) {
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

// spec: nova-vtpm §12 point 5. The way back is refused (NeverMakesAPrivateSecretPublic).
TYPED_TEST_P(MachineContract, MakesAPublicSecretPrivate) {
    ContractServer server = this->server(std::nullopt);
    server.secret.ephemeral = server.secret.is_private = false;
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    server.secret.ephemeral = server.secret.is_private = true;
    VTPMLAB_ASSERT_OK(this->hypervisor().define_secret(server.secret, this->passphrase_));
    const auto secrets = this->hypervisor().secrets();
    ASSERT_TRUE(secrets) << secrets.error().message;
    ASSERT_EQ(secrets->size(), 1u);
    EXPECT_TRUE(secrets->front().is_private);
    EXPECT_TRUE(secrets->front().ephemeral);
    EXPECT_FALSE(this->hypervisor().secret_value(server.secret.uuid));
    VTPMLAB_EXPECT_OK(this->hypervisor().undefine_secret(server.secret.uuid));
    this->expect_nothing_left();
}

TYPED_TEST_P(MachineContract, LosesPowerAndComesBack) {
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

REGISTER_TYPED_TEST_SUITE_P(MachineContract, MovesTheTpmOutAndInAgain,
                            RestoresNoTpmWhereSwtpmsDirectoryIsAFile,
                            MakesSwtpmsDirectoryWhereThereIsNone, BreaksOffTheTpmsCopyAndNoOther,
                            MakesNoTpmOnAFullDisk, MakesNoTpmWhereSwtpmSetupFails,
                            GuestsOutliveARestartOfTheirDaemon, MakesAPublicSecretPrivate,
                            LosesPowerAndComesBack);

} // namespace vtpmlab
