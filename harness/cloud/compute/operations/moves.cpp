#include "cloud/compute/operations/moves.h"

#include "cloud/neighbours/placement.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using Launch = Driver::Launch;

void warn(Context& context, const Status& status) {
    if (!status)
        context.log.warning("nova-compute", status.error().message);
}

Launch launch_of(const ServerRecord& server) {
    return server.old_vm_state == VmState::stopped ? Launch::no : Launch::yes;
}

void forget_move(ServerRecord& record) {
    record.old_flavor.reset();
    record.new_flavor.reset();
    record.old_vm_state.reset();
}

} // namespace

void set_migration_status(Context& context, const std::string& uuid, const std::string& status) {
    warn(context, context.store.change_migration(uuid, [&](Migration& migration) {
        migration.status = status;
        migration.updated_at = context.clock->now();
    }));
}

Operation resize_instance(const Migration& migration, Driver& destination) {
    return {"compute_resize_instance",
            [migration, &destination](Work& work) -> OrException<void> {
                auto& context = work.context;
                set_migration_status(context, migration.uuid, "migrating");
                VTPMLAB_CHECK(work.save(
                    [](ServerRecord& record) { record.task_state = TaskState::resize_migrating; }));
                auto moved = work.driver.migrate_disk_and_power_off(work.server, destination);
                if (!moved) {
                    set_migration_status(context, migration.uuid, "error");
                    warn(context,
                         Placement(context.nova).move_allocations(migration.uuid, work.server.id));
                    VTPMLAB_CHECK(work.save(forget_move));
                    return moved;
                }
                set_migration_status(context, migration.uuid, "post-migrating");
                return work.save([&](ServerRecord& record) {
                    record.host = migration.destination;
                    record.task_state = TaskState::resize_migrated;
                    record.power_state = PowerState::shut_down;
                });
            },
            AfterFailure::set_error};
}

Operation finish_resize(const Migration& migration) {
    return {"compute_finish_resize",
            [migration](Work& work) -> OrException<void> {
                auto& context = work.context;
                VTPMLAB_CHECK(work.save([](ServerRecord& record) {
                    record.task_state = TaskState::resize_finish;
                    record.flavor = *record.new_flavor;
                }));
                work.driver.steps_of(work.server.id).done(compute_step::resize_taken_up);
                const auto launch = launch_of(work.server);
                auto finished = work.driver.finish_migration(work.requester, work.server, launch);
                if (!finished) {
                    // The server stays here, so its allocation does; the source's goes
                    // (spec: nova-vtpm §LIF-RSZ-2).
                    set_migration_status(context, migration.uuid, "error");
                    warn(context, Placement(context.nova).remove_allocations(migration.uuid));
                    return finished;
                }
                set_migration_status(context, migration.uuid, "finished");
                return work.save([&](ServerRecord& record) {
                    record.vm_state = VmState::resized;
                    record.task_state = TaskState::none;
                    record.power_state =
                        launch == Launch::yes ? PowerState::running : PowerState::shut_down;
                    record.launched_at = context.clock->now();
                });
            },
            AfterFailure::set_error};
}

Operation confirm_resize(const Migration& migration) {
    return {"compute_confirm_resize",
            [migration](Work& work) -> OrException<void> {
                auto& context = work.context;
                auto confirmed = work.driver.confirm_migration(work.requester, work.server);
                // Whatever happened, the source's allocation goes (spec: nova-vtpm §LIF-RSZ-8).
                warn(context, Placement(context.nova).remove_allocations(migration.uuid));
                if (!confirmed) {
                    set_migration_status(context, migration.uuid, "error");
                    return confirmed;
                }
                set_migration_status(context, migration.uuid, "confirmed");
                return work.save([](ServerRecord& record) {
                    record.vm_state = record.power_state == PowerState::shut_down ? VmState::stopped
                                                                                  : VmState::active;
                    if (!is_deletion(record.task_state))
                        record.task_state = TaskState::none;
                    forget_move(record);
                });
            },
            AfterFailure::set_error, Operation::WhileDeleting::allowed};
}

Operation revert_resize(const Migration& migration) {
    return {"compute_revert_resize",
            [migration](Work& work) -> OrException<void> {
                // On the same host, and as rbd volumes, the disks are the source's own.
                // spec: nova-vtpm §LIF-RSZ-9
                const auto disks =
                    migration.source == migration.destination || work.context.options.shares_disks
                        ? Driver::DestroyDisks::no
                        : Driver::DestroyDisks::yes;
                if (const auto gone = work.driver.destroy(work.requester, work.server, disks);
                    !gone) {
                    set_migration_status(work.context, migration.uuid, "error");
                    return tl::unexpected(to_exception(gone.error()));
                }
                return {};
            },
            AfterFailure::set_error};
}

Operation finish_revert_resize(const Migration& migration) {
    return {"compute_finish_revert_resize",
            [migration](Work& work) -> OrException<void> {
                auto& context = work.context;
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.host = migration.source;
                    record.flavor = *record.old_flavor;
                }));
                warn(context,
                     Placement(context.nova).move_allocations(migration.uuid, work.server.id));
                const auto launch = launch_of(work.server);
                auto reverted =
                    work.driver.finish_revert_migration(work.requester, work.server, launch);
                if (!reverted) {
                    set_migration_status(context, migration.uuid, "error");
                    return reverted;
                }
                set_migration_status(context, migration.uuid, "reverted");
                return work.save([&](ServerRecord& record) {
                    record.vm_state = launch == Launch::yes ? VmState::active : VmState::stopped;
                    record.power_state =
                        launch == Launch::yes ? PowerState::running : PowerState::shut_down;
                    record.task_state = TaskState::none;
                    record.launched_at = context.clock->now();
                    forget_move(record);
                });
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
