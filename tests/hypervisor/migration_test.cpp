#include "core/error_text.h"
#include "host_fixture.h"
#include "support/migration_contract.h"

#include <array>

namespace vtpmlab {
namespace {

class TwoHosts {
public:
    std::optional<std::string> skip_reason() {
        if (auto why = why_no_hosts())
            return why;
        for (const int which : {0, 1}) {
            HostSpec spec;
            spec.name = "compute-" + std::to_string(which + 1);
            auto lease = run_.pool.lease(spec);
            EXPECT_TRUE(lease) << error_text(lease.error());
            if (!lease)
                return "no host";
            leases_[static_cast<std::size_t>(which)].emplace(std::move(*lease));
        }
        return std::nullopt;
    }
    Hypervisor& hypervisor(int which) { return host(which).hypervisor(); }
    HostMachine& machine(int which) { return host(which); }
    std::filesystem::path instances(int which) { return host(which).instances_directory(); }

private:
    PrivateHost& host(int which) { return leases_.at(static_cast<std::size_t>(which))->host(); }

    TestRun run_;
    std::array<std::optional<HostLease>, 2> leases_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Libvirt, MigrationContract, TwoHosts);

} // namespace
} // namespace vtpmlab
