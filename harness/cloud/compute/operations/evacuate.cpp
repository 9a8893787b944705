// Of a server without a TPM whose host is dead: made again from its image, as nothing of its disk
// is shared. What stands on the dead host goes when that host comes back. spec: nova-vtpm
// §LIF-BLK-4

#include "cloud/compute/operations/moves.h"
#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation evacuate_instance(const Migration& migration) {
    return {"compute_rebuild_instance",
            [migration](Work& work) -> OrException<void> {
                auto& [context, driver, requester, server] = work;
                const bool was_stopped = server.vm_state == VmState::stopped;
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.host = migration.destination;
                    record.task_state = TaskState::rebuild_spawning;
                }));
                if (const auto spawned = driver.spawn(requester, server); !spawned) {
                    set_migration_status(context, migration.uuid, "failed");
                    return tl::unexpected(spawned.error().exception);
                }
                set_migration_status(context, migration.uuid, "done");
                VTPMLAB_CHECK(work.save(
                    [&](ServerRecord& record) { record.launched_at = context.clock->now(); }));
                if (!was_stopped)
                    return work.settle(VmState::active, PowerState::running);
                VTPMLAB_CHECK(driver.power_off(server));
                return work.settle(VmState::stopped, PowerState::shut_down);
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
