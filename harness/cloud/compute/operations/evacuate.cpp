// Of a server without a TPM whose host is dead: made again from its image, as nothing of its disk
// is shared. What stands on the dead host goes when that host comes back. spec: nova-vtpm
// §LIF-BLK-4

#include "cloud/compute/operations/moves.h"
#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation evacuate_instance(const Migration& migration, AfterEvacuation after) {
    return {"compute_rebuild_instance",
            [migration, after](Work& work) -> OrException<void> {
                auto& [context, driver, requester, server] = work;
                const bool stays_off =
                    after == AfterEvacuation::stopped || server.vm_state == VmState::stopped;
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.host = migration.destination;
                    record.task_state = TaskState::rebuild_spawning;
                }));
                // A guest that is to be off is not started first: nobody may know that it came
                // back.
                const auto launch = stays_off ? Driver::Launch::no : Driver::Launch::yes;
                if (const auto spawned = driver.spawn(requester, server, launch); !spawned) {
                    set_migration_status(context, migration.uuid, "failed");
                    return tl::unexpected(spawned.error().exception);
                }
                set_migration_status(context, migration.uuid, "done");
                VTPMLAB_CHECK(work.save(
                    [&](ServerRecord& record) { record.launched_at = context.clock->now(); }));
                if (stays_off)
                    return work.settle(VmState::stopped, PowerState::shut_down);
                return work.settle(VmState::active, PowerState::running);
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
