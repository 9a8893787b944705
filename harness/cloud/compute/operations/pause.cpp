// spec: nova-vtpm §LIF-PAU-1

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation pause_instance() {
    return {"compute_pause_instance", [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.pause(work.server));
                return work.settle(VmState::paused, PowerState::paused);
            }};
}

Operation unpause_instance() {
    return {"compute_unpause_instance", [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.unpause(work.server));
                return work.settle(VmState::active, PowerState::running);
            }};
}

} // namespace vtpmlab::cloud
