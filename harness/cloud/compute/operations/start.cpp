// A refusal leaves the server stopped, without a domain.
// spec: nova-vtpm §LIF-STR-2

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation start_instance() {
    return {"compute_start_instance", [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.hard_reboot(work.requester, work.server));
                return work.settle(VmState::active, PowerState::running);
            }};
}

} // namespace vtpmlab::cloud
