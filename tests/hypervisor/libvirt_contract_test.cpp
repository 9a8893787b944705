#include "core/error_text.h"
#include "host_fixture.h"
#include "support/hypervisor_contract.h"
#include "support/machine_contract.h"

namespace vtpmlab {
namespace {

class LibvirtUnderTest {
public:
    std::optional<std::string> skip_reason() {
        if (auto why = why_no_hosts())
            return why;
        auto lease = run_.pool.lease(HostSpec{});
        EXPECT_TRUE(lease) << error_text(lease.error());
        if (!lease)
            return "no host";
        lease_.emplace(std::move(*lease));
        return std::nullopt;
    }
    Hypervisor& hypervisor() { return lease_->hypervisor(); }
    InstanceFiles& files() { return lease_->host(); }
    HostMachine& machine() { return lease_->host(); }
    std::filesystem::path instances() { return lease_->instances_directory(); }

private:
    TestRun run_;
    std::optional<HostLease> lease_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Libvirt, HypervisorContract, LibvirtUnderTest);
INSTANTIATE_TYPED_TEST_SUITE_P(Libvirt, MachineContract, LibvirtUnderTest);

// Finding X10 of scenarios/docs/real_libvirt.md, which the model does not follow.
TEST(LibvirtSecrets, MadePrivateArePublicAgainAfterARestart) {
    LibvirtUnderTest host;
    if (const auto why = host.skip_reason())
        GTEST_SKIP() << *why;
    SecretSpec secret{random_uuid(), random_uuid(), false, false};
    const SecretValue passphrase("passphrase");
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret(secret, passphrase));
    secret.ephemeral = secret.is_private = true;
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret(secret, passphrase));
    VTPMLAB_ASSERT_OK(host.machine().restart_libvirtd());
    const auto secrets = host.hypervisor().secrets();
    ASSERT_TRUE(secrets) << error_text(secrets.error());
    ASSERT_EQ(secrets->size(), 1u);
    EXPECT_FALSE(secrets->front().ephemeral);
    EXPECT_FALSE(secrets->front().is_private);
    const auto value = host.hypervisor().secret_value(secret.uuid);
    ASSERT_FALSE(value);
    EXPECT_THAT(value.error().message, testing::HasSubstr("does not have a value"));
    VTPMLAB_EXPECT_OK(host.hypervisor().undefine_secret(secret.uuid));
}

} // namespace
} // namespace vtpmlab
