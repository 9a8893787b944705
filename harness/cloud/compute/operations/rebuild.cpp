// Of a server without a TPM; the new image may bring one along, and nobody has looked whether this
// host may have it.
// spec: nova-vtpm §LIF-BLK-2

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation rebuild_instance(AfterRebuild after) {
    return {"compute_rebuild_instance",
            [after](Work& work) -> OrException<void> {
                auto& [context, driver, requester, server] = work;
                if (const auto gone = driver.destroy(requester, server, Driver::DestroyDisks::yes);
                    !gone)
                    return tl::unexpected(to_exception(gone.error()));
                VTPMLAB_CHECK(work.save(
                    [](ServerRecord& record) { record.task_state = TaskState::rebuild_spawning; }));
                if (const auto spawned = driver.spawn(requester, server); !spawned)
                    return tl::unexpected(spawned.error().exception);
                VTPMLAB_CHECK(work.save(
                    [&](ServerRecord& record) { record.launched_at = context.clock->now(); }));
                if (after == AfterRebuild::run)
                    return work.settle(VmState::active, PowerState::running);
                VTPMLAB_CHECK(driver.power_off(server));
                return work.settle(VmState::stopped, PowerState::shut_down);
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
