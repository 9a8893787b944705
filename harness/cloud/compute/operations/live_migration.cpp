#include "cloud/compute/operations/live_migration.h"

#include "cloud/compute/operations/moves.h"
#include "cloud/neighbours/placement.h"

namespace vtpmlab::cloud {
namespace {

void warn(Context& context, const Status& status) {
    if (!status)
        context.log.warning("nova-compute", status.error().message);
}

// A call to the destination's service, which may die of it; this one's own death goes on.
OrException<void> prepare(Work& work, LiveMigration& state) {
    try {
        return state.destination.pre_live_migration(work.requester, work.server, state.secret);
    } catch (const ServiceDied& death) {
        if (death.whose != &state.destination.life())
            throw;
        return tl::unexpected(Exception{"MessagingTimeout", "Timed out waiting for a reply",
                                        Exception::Origin::other});
    }
}

OrException<void> move(Work& work, LiveMigration& state) {
    VTPMLAB_CHECK(prepare(work, state));
    set_migration_status(work.context, state.migration.uuid, "running");
    return work.driver.live_migrate(work.requester, work.server, state.destination);
}

// spec: nova-vtpm §LIF-LM-6
OrException<void> roll_back(Work& work, LiveMigration& state, const Exception& exception) {
    auto& context = work.context;
    // A cast: a destination that is dead does it when it comes up.
    state.destination.life().cast([destination = &state.destination, server = work.server] {
        destination->forget_guest(server);
    });
    warn(context, Placement(context.nova).move_allocations(state.migration.uuid, work.server.id));
    // One that somebody stopped has its word already.
    warn(context, context.store.change_migration(state.migration.uuid, [&](Migration& record) {
        if (record.status != "cancelled")
            record.status = "failed";
        record.updated_at = context.clock->now();
    }));
    VTPMLAB_CHECK(work.save([](ServerRecord& record) { record.task_state = TaskState::none; }));
    return tl::unexpected(exception);
}

} // namespace

Operation check_can_live_migrate(LiveMigration& state) {
    return {"compute_check_can_live_migrate_source", [&state](Work& work) -> OrException<void> {
                VTPMLAB_TRY(state.secret, work.driver.secret_for_live_migration(work.server));
                return {};
            }};
}

Operation live_migration(LiveMigration& state) {
    return {"compute_live_migration", [&state](Work& work) -> OrException<void> {
                auto& context = work.context;
                if (const auto moved = move(work, state); !moved)
                    return roll_back(work, state, moved.error());
                auto steps = work.driver.steps_of(work.server.id);
                work.driver.post_live_migration(work.server);
                steps.done(compute_step::source_secret_removed);
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.host = state.migration.destination;
                    record.task_state = TaskState::none;
                }));
                steps.done(compute_step::handed_over);
                work.driver.forget_guest(work.server);
                warn(context, Placement(context.nova).remove_allocations(state.migration.uuid));
                set_migration_status(context, state.migration.uuid, "completed");
                return {};
            }};
}

} // namespace vtpmlab::cloud
