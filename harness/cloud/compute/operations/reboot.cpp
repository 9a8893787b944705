// A failed reboot puts the server in ERROR unless its guest runs after all.
// spec: nova-vtpm §LIF-RBT-3
// spec: nova-vtpm §LIF-RBT-4

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation reboot_instance(RebootType type) {
    return {"compute_reboot_instance", [type](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.task_state = type == RebootType::hard ? TaskState::reboot_started_hard
                                                                 : TaskState::reboot_started;
                }));
                const auto rebooted = type == RebootType::hard
                                          ? work.driver.hard_reboot(work.requester, work.server)
                                          : work.driver.soft_reboot(work.requester, work.server);
                if (!rebooted && work.driver.power_state(work.server) != PowerState::running) {
                    VTPMLAB_CHECK(work.save([](ServerRecord& record) {
                        record.vm_state = VmState::error;
                        record.power_state = PowerState::none;
                    }));
                    return rebooted;
                }
                return work.settle(VmState::active, PowerState::running);
            }};
}

} // namespace vtpmlab::cloud
