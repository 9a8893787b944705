// Soft delete pulls the plug, as Nova does where the driver knows no soft delete, and keeps
// everything; restoring it is starting it.
// spec: nova-vtpm §LIF-DEL-7

#include "cloud/compute/operations/operations.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

Operation soft_delete_instance() {
    return {"compute_soft_delete_instance",
            [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.power_off(work.server, Driver::CleanShutdown::no));
                work.driver.life().check();
                const auto saved =
                    work.context.store.change_server(work.server.id, [&](ServerRecord& record) {
                        record.vm_state = VmState::soft_deleted;
                        record.power_state = PowerState::shut_down;
                        record.task_state = TaskState::none;
                        record.terminated_at = record.updated_at = work.context.clock->now();
                    });
                if (!saved)
                    return tl::unexpected(
                        Exception{"DBError", saved.error().message, Exception::Origin::other});
                if (!*saved)
                    return raise("InstanceNotFound",
                                 fmt::format("Instance {} could not be found.", work.server.id));
                return {};
            },
            AfterFailure::set_error, Operation::WhileDeleting::is_the_deletion};
}

Operation restore_instance() {
    return {"compute_restore_instance", [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.hard_reboot(work.requester, work.server));
                VTPMLAB_CHECK(
                    work.save([](ServerRecord& record) { record.terminated_at.reset(); }));
                return work.settle(VmState::active, PowerState::running);
            }};
}

} // namespace vtpmlab::cloud
