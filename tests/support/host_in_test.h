#pragma once
// A host in a typed test, whatever is behind it. A back end plugs in with a type that owns a
// hypervisor for the length of one test:
//
//     struct UnderTest {
//         std::optional<std::string> skip_reason();  // nothing: go on
//         Hypervisor& hypervisor();
//         InstanceFiles& files();
//         HostMachine& machine();
//         std::filesystem::path instances();         // where instance directories may be made
//     };

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
class HostInTest : public testing::Test {
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

} // namespace vtpmlab
