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

} // namespace
} // namespace vtpmlab
