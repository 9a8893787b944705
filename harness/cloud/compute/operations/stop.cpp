// spec: nova-vtpm §LIF-STR-1

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation stop_instance() {
    return {"compute_stop_instance", [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.power_off(work.server));
                return work.settle(VmState::stopped, PowerState::shut_down);
            }};
}

} // namespace vtpmlab::cloud
