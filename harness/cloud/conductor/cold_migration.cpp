// Cold migration and resize from end to end: the source's allocation goes over to the migration,
// the scheduler claims a destination for the server, and the two compute services do their parts.
// spec: nova-vtpm §5.7

#include "cloud/action_log.h"
#include "cloud/compute/operations/moves.h"
#include "cloud/conductor/conductor.h"
#include "cloud/conductor/yielding.h"
#include "cloud/instance_fault.h"

#include <vtpmlab/encoding.h>

namespace vtpmlab::cloud {

Result<Migration> Conductor::begin_migration(const Requester& requester, const ServerRecord& server,
                                             const std::string& type, const Flavor& new_flavor) {
    Migration migration;
    migration.uuid = random_uuid();
    migration.server_id = server.id;
    migration.type = type;
    migration.status = "pre-migrating";
    migration.source = server.host;
    migration.old_flavor_id = server.flavor.id;
    migration.new_flavor_id = new_flavor.id;
    migration.user_id = requester.user_id;
    migration.project_id = requester.project_id;
    migration.created_at = migration.updated_at = context_.clock->now();
    VTPMLAB_CHECK(context_.store.add_migration(migration));
    if (auto moved = Placement(context_.nova).move_allocations(server.id, migration.uuid); !moved) {
        set_migration_status(context_, migration.uuid, "error");
        return fail(std::move(moved).error());
    }
    return migration;
}

// The server's state is what it was, and so is who holds what.
void Conductor::abandon_migration(const Migration& migration, const std::string& status,
                                  const Exception& exception) {
    const auto held = context_.server_locks.hold(migration.server_id);
    set_migration_status(context_, migration.uuid, status);
    const auto server = context_.store.server(migration.server_id);
    if (server && !*server) { // deleted meanwhile: nobody would give back what it got back
        const auto removed = Placement(context_.nova).remove_allocations(migration.uuid);
        if (!removed)
            context_.log.warning("nova-conductor", removed.error().message);
        return;
    }
    const auto back =
        Placement(context_.nova).move_allocations(migration.uuid, migration.server_id);
    warn_unless(back);
    const auto saved = context_.store.change_server(migration.server_id, [&](ServerRecord& record) {
        if (!is_deletion(record.task_state))
            record.task_state = TaskState::none;
        record.old_flavor.reset();
        record.new_flavor.reset();
        record.old_vm_state.reset();
        record_fault(record, exception, context_.clock->now());
    });
    warn_unless(saved);
}

void Conductor::migrate(std::shared_ptr<Requester> requester, std::string server_id, Move move) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   move = std::move(move)] { migrate_now(requester, server_id, move); });
}

void Conductor::migrate_now(const std::shared_ptr<Requester>& requester,
                            const std::string& server_id, const Move& move) {
    const auto found = context_.store.server(server_id);
    if (context_.stopping || !found || !*found || is_deletion((*found)->task_state) ||
        is_softly_deleted(**found))
        return;
    auto server = **found;
    EventScope event(context_, *requester, server_id, "conductor_migrate_server");
    auto migration =
        begin_migration(*requester, server, move.is_resize ? "resize" : "migration", move.flavor);
    if (!migration) {
        context_.log.warning("nova-conductor", migration.error().message);
        const Exception refused{"PlacementAPIConflict", migration.error().message,
                                Exception::Origin::nova};
        give_up(server_id, refused);
        return event.finish(refused);
    }
    auto wanted = server;
    wanted.flavor = move.flavor;
    wanted.requested_host = move.host;
    const bool may_stay = move.is_resize && context_.options.allow_resize_to_same_host;
    const auto chosen = scheduler_.select({wanted}, {may_stay ? std::string() : server.host, {}});
    if (!chosen) {
        const Exception refused{"NoValidHost", chosen.error(), Exception::Origin::nova};
        abandon_migration(*migration, "error", refused);
        return event.finish(refused);
    }
    auto& destination = *by_provider_.at(chosen->front().host.provider);
    migration->destination = destination.name();
    warn_unless(context_.store.change_migration(
        migration->uuid, [&](Migration& record) { record.destination = destination.name(); }));
    warn_unless(context_.store.change_server(server_id, [&](ServerRecord& record) {
        record.old_flavor = record.flavor;
        record.new_flavor = move.flavor;
        record.old_vm_state = record.vm_state;
    }));
    event.finish();

    auto* source = on_host(server.host);
    if (!source)
        return;
    source->cast([this, source, &destination, requester, server, moved = *migration] {
        if (const auto sent = source->perform(*requester, server.id,
                                              resize_instance(moved, destination.driver()));
            !sent)
            return yield_to_deletion(context_, computes_, server, moved, sent.error());
        destination.cast([this, &destination, requester, server, moved] {
            if (const auto finished =
                    destination.perform(*requester, server.id, finish_resize(moved));
                !finished)
                yield_to_deletion(context_, computes_, server, moved, finished.error());
        });
    });
}

void Conductor::revert(std::shared_ptr<Requester> requester, std::string server_id,
                       Migration migration) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   migration = std::move(migration)] {
        auto* destination = on_host(migration.destination);
        auto* source = on_host(migration.source);
        const auto server = context_.store.server(server_id);
        if (context_.stopping || !destination || !source || !server || !*server)
            return;
        destination->cast([this, destination, source, requester, server = **server, migration] {
            if (const auto left =
                    destination->perform(*requester, server.id, revert_resize(migration));
                !left)
                return yield_to_deletion(context_, computes_, server, migration, left.error());
            source->cast([this, source, requester, server, migration] {
                if (const auto back =
                        source->perform(*requester, server.id, finish_revert_resize(migration));
                    !back)
                    yield_to_deletion(context_, computes_, server, migration, back.error());
            });
        });
    });
}

void Conductor::confirm(std::shared_ptr<Requester> requester, std::string server_id,
                        Migration migration) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   migration = std::move(migration)] {
        if (auto* source = on_host(migration.source); source && !context_.stopping)
            source->cast([source, requester, server_id, migration] {
                static_cast<void>(
                    source->perform(*requester, server_id, confirm_resize(migration)));
            });
    });
}

void Conductor::confirm_unanswered() {
    const auto window = context_.options.resize_confirm_window;
    const auto migrations = context_.store.migrations();
    if (window.count() == 0 || !migrations)
        return;
    for (const auto& migration : *migrations) {
        auto* const destination = on_host(migration.destination);
        if (migration.status != "finished" || !destination || !destination->is_seen_up() ||
            context_.clock->now() - migration.updated_at < window)
            continue;
        const auto server = context_.store.server(migration.server_id);
        // Nova leaves one alone that something else is being done to.
        if (!server || !*server || (*server)->vm_state != VmState::resized ||
            (*server)->task_state != TaskState::none)
            continue;
        context_.log.info("nova-compute", "Automatically confirming migration " + migration.uuid +
                                              " for instance " + migration.server_id);
        auto system = system_requester();
        set_migration_status(context_, migration.uuid, "confirming");
        begin_action(context_, *system, **server, "confirmResize");
        if (auto* source = on_host(migration.source))
            source->cast([source, system, migration] {
                static_cast<void>(
                    source->perform(*system, migration.server_id, confirm_resize(migration)));
            });
    }
}

// spec: nova-vtpm §LIF-DEL-9
void Conductor::confirm_before_removal(Requester& requester, const ServerRecord& server) {
    const auto migrations = context_.store.migrations(server.id);
    if (!migrations)
        return warn_unless(migrations);
    for (const auto& migration : *migrations)
        if (migration.status == "finished")
            if (auto* source = on_host(migration.source))
                return static_cast<void>(source->call([&] {
                    static_cast<void>(
                        source->perform(requester, server.id, confirm_resize(migration)));
                }));
}

} // namespace vtpmlab::cloud
