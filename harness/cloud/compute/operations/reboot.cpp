// A failed reboot puts the server in ERROR unless its guest runs after all.
// spec: nova-vtpm §LIF-RBT-3
// spec: nova-vtpm §LIF-RBT-4

#include "cloud/compute/operations/operations.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

// A hard reboot may be asked for over another that has not begun. Whose task is over, or another's
// by now, does nothing.
OrException<void> begin_reboot(Work& work, RebootType type) {
    using enum TaskState;
    const bool is_hard = type == RebootType::hard;
    bool is_preempted = false;
    TaskState found = none;
    VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
        found = record.task_state;
        // A service that starts makes a hard one of whatever it finds begun.
        is_preempted = is_hard ? found != rebooting_hard && found != reboot_started_hard &&
                                     found != reboot_started
                               : found != rebooting && found != reboot_started;
        if (!is_preempted)
            record.task_state = is_hard ? reboot_started_hard : reboot_started;
    }));
    if (is_preempted)
        return raise("UnexpectedTaskStateError",
                     fmt::format("Conflict updating instance {}: its task is '{}' by now",
                                 work.server.id, to_string(found)));
    return {};
}

} // namespace

Operation reboot_instance(RebootType type) {
    return {"compute_reboot_instance", [type](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(begin_reboot(work, type));
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
                return work.save([begun = work.server.task_state](ServerRecord& record) {
                    record.vm_state = VmState::active;
                    record.power_state = PowerState::running;
                    // One that was asked for meanwhile goes on.
                    if (record.task_state == begun)
                        record.task_state = TaskState::none;
                });
            }};
}

} // namespace vtpmlab::cloud
