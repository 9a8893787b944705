#pragma once
// What two hypervisors promise about live migration from one to the other, as typed tests. A back
// end plugs in with a type that owns both for the length of one test:
//
//     struct UnderTest {
//         std::optional<std::string> skip_reason();
//         Hypervisor& hypervisor(int which);         // 0 and 1
//         HostMachine& machine(int which);
//         std::filesystem::path instances(int which);
//     };

#include "process/deadline.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

namespace vtpmlab {

template <typename UnderTest>
class MigrationContract : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = under_test_.skip_reason())
            GTEST_SKIP() << *why;
        domain_.uuid = random_uuid();
        domain_.name = "instance-" + domain_.uuid.substr(0, 8);
        domain_.memory_mib = 64;
        secret_.uuid = random_uuid();
        secret_.usage_name = domain_.uuid;
        secret_.ephemeral = secret_.is_private = false; // as mode `host` has it
    }

    Hypervisor& hypervisor(int which) { return under_test_.hypervisor(which); }

    // The domain with the paths of that host.
    DomainSpec at(int which) {
        DomainSpec domain = domain_;
        const auto directory = under_test_.instances(which) / domain.uuid;
        std::filesystem::create_directories(directory);
        domain.console_log = directory / "console.log";
        domain.probe_socket = directory / "probe.sock";
        if (has_disk_)
            domain.disk = directory / "disk";
        return domain;
    }

    void fill_disk(int which, char with) {
        std::ofstream(*at(which).disk, std::ios::binary) << std::string(65536, with);
    }
    std::string disk(int which) {
        std::ifstream file(*at(which).disk, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    Migration to(int which) {
        Migration migration;
        migration.destination = hypervisor(which).uri();
        migration.domain = at(which);
        return migration;
    }

    void start(TpmDevice device) {
        domain_.tpm = DomainTpm{device, secret_.uuid};
        ASSERT_TRUE(hypervisor(0).define(at(0)));
        ASSERT_TRUE(hypervisor(0).define_secret(secret_, passphrase_));
        const auto started = hypervisor(0).start(domain_.uuid);
        ASSERT_TRUE(started) << started.error().message;
    }

    void clean_up() {
        for (const int which : {0, 1}) {
            EXPECT_TRUE(hypervisor(which).destroy(domain_.uuid));
            EXPECT_TRUE(hypervisor(which).undefine(domain_.uuid, KeepTpm::no));
            EXPECT_TRUE(hypervisor(which).undefine_secret(secret_.uuid));
            EXPECT_EQ(hypervisor(which).tpm_states()->size(), 0u);
            std::filesystem::remove_all(under_test_.instances(which) / domain_.uuid);
        }
    }

    void expect_it_runs_only_on(int which) {
        const auto here = hypervisor(which).info(domain_.uuid);
        ASSERT_TRUE(here) << here.error().message;
        EXPECT_EQ(here->state, DomainState::running);
        EXPECT_TRUE(here->is_persistent);
        EXPECT_EQ(hypervisor(which).tpm_states()->size(), 1u);
        EXPECT_EQ(hypervisor(1 - which).domains()->size(), 0u);
        EXPECT_EQ(hypervisor(1 - which).tpm_states()->size(), 0u);
    }

    // spec: nova-vtpm §LIF-LM-8
    void expect_it_moves(TpmDevice device) {
        ASSERT_NO_FATAL_FAILURE(start(device));
        ASSERT_TRUE(hypervisor(1).define_secret(secret_, passphrase_));
        const auto migrated = hypervisor(0).migrate(domain_.uuid, to(1));
        ASSERT_TRUE(migrated) << migrated.error().message;
        expect_it_runs_only_on(1);
        const auto states = hypervisor(1).tpm_states();
        EXPECT_TRUE(states->front().is_encrypted);
        EXPECT_EQ(states->front().version, device.version);
        EXPECT_EQ(states->front().owner, "tss");

        // It is at home there: stops and starts with what came over.
        ASSERT_TRUE(hypervisor(1).destroy(domain_.uuid));
        const auto started = hypervisor(1).start(domain_.uuid);
        EXPECT_TRUE(started) << started.error().message;
        clean_up();
    }

    DomainSpec domain_;
    bool has_disk_ = false;
    SecretSpec secret_;
    SecretValue passphrase_{"correct horse battery staple"};
    UnderTest under_test_;
};

TYPED_TEST_SUITE_P(MigrationContract);

TYPED_TEST_P(MigrationContract, MovesTpm12Tis) {
    this->expect_it_moves({TpmVersion::v1_2, TpmModel::tis});
}
TYPED_TEST_P(MigrationContract, MovesTpm20Crb) {
    this->expect_it_moves({TpmVersion::v2_0, TpmModel::crb});
}

// Over what the destination made of the image.
TYPED_TEST_P(MigrationContract, TakesTheDiskAlong) {
    this->has_disk_ = true;
    this->fill_disk(0, 'g');
    this->fill_disk(1, 'i');
    ASSERT_NO_FATAL_FAILURE(this->start({}));
    ASSERT_TRUE(this->hypervisor(1).define_secret(this->secret_, this->passphrase_));
    const auto migrated = this->hypervisor(0).migrate(this->domain_.uuid, this->to(1));
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_TRUE(this->disk(1) == std::string(65536, 'g'));
    this->clean_up();
}

TYPED_TEST_P(MigrationContract, StaysWhereItIsWhenTheSecretIsMissing) {
    ASSERT_NO_FATAL_FAILURE(this->start({}));
    const auto migrated = this->hypervisor(0).migrate(this->domain_.uuid, this->to(1));
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().kind, ErrorKind::product);
    EXPECT_THAT(migrated.error().message, testing::HasSubstr("(VIR_ERR_NO_SECRET, 66)"));
    this->expect_it_runs_only_on(0);
    this->clean_up();
}

TYPED_TEST_P(MigrationContract, StaysWhereItIsWhenTheSecretIsAnother) {
    ASSERT_NO_FATAL_FAILURE(this->start({}));
    ASSERT_TRUE(this->hypervisor(1).define_secret(this->secret_, SecretValue("another one")));
    const auto migrated = this->hypervisor(0).migrate(this->domain_.uuid, this->to(1));
    ASSERT_FALSE(migrated) << "state under another key was taken";
    EXPECT_EQ(migrated.error().kind, ErrorKind::product) << migrated.error().message;
    // libvirt tells what QEMU said at the destination, or, when the source notices first, only that
    // its job is over (VIR_ERR_OPERATION_FAILED).
    EXPECT_THAT(migrated.error().message,
                testing::AnyOf(testing::HasSubstr("TPM error 0x21 decryption error"),
                               testing::HasSubstr("job 'migration out' unexpectedly failed")));
    this->expect_it_runs_only_on(0);
    this->clean_up();
}

TYPED_TEST_P(MigrationContract, StaysWhereItIsWhenTheOtherHostIsOff) {
    ASSERT_NO_FATAL_FAILURE(this->start({}));
    const Migration migration = this->to(1);
    ASSERT_TRUE(this->under_test_.machine(1).power_off());
    const auto migrated = this->hypervisor(0).migrate(this->domain_.uuid, migration);
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().kind, ErrorKind::product) << migrated.error().message;
    EXPECT_THAT(migrated.error().message, testing::HasSubstr("Failed to connect socket to"));
    EXPECT_THAT(migrated.error().message, testing::HasSubstr("(VIR_ERR_SYSTEM_ERROR, 38)"));
    ASSERT_TRUE(this->under_test_.machine(1).boot());
    this->expect_it_runs_only_on(0);
    this->clean_up();
}

REGISTER_TYPED_TEST_SUITE_P(MigrationContract, MovesTpm12Tis, MovesTpm20Crb, TakesTheDiskAlong,
                            StaysWhereItIsWhenTheSecretIsMissing,
                            StaysWhereItIsWhenTheSecretIsAnother,
                            StaysWhereItIsWhenTheOtherHostIsOff);

} // namespace vtpmlab
