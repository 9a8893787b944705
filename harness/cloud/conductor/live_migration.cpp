// Live migration: checks on both hosts, the TPM's libvirt secret carried over by the compute
// services and never by Barbican, the guest itself by the hypervisors.
// spec: nova-vtpm §5.8

#include "cloud/compute/operations/live_migration.h"

#include "cloud/action_log.h"
#include "cloud/compute/operations/moves.h"
#include "cloud/conductor/conductor.h"
#include "cloud/conductor/yielding.h"

namespace vtpmlab::cloud {

void Conductor::migrate_live(std::shared_ptr<Requester> requester, std::string server_id,
                             LiveMove move) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   move = std::move(move)] { migrate_live_now(requester, server_id, move); });
}

void Conductor::migrate_live_now(const std::shared_ptr<Requester>& requester,
                                 const std::string& server_id, const LiveMove& move) {
    const auto found = context_.store.server(server_id);
    if (context_.stopping || !found || !*found)
        return;
    const auto server = **found;
    EventScope event(context_, *requester, server_id, "conductor_live_migrate_instance");
    auto migration = begin_migration(*requester, server, "live-migration", server.flavor);
    if (!migration) {
        context_.log.warning("nova-conductor", migration.error().message);
        const Exception refused{"PlacementAPIConflict", migration.error().message,
                                Exception::Origin::nova};
        give_up(server_id, refused);
        return event.finish(refused);
    }
    const auto refuse = [&](const Exception& exception) {
        abandon_migration(*migration, "error", exception);
        event.finish(exception);
    };
    auto wanted = server;
    wanted.requested_host = move.host;
    auto* source = on_host(server.host);
    auto* destination = on_host(move.host);
    if (!source)
        return refuse({"ComputeHostNotFound",
                       "Compute host " + server.host + " could not be found.",
                       Exception::Origin::nova});
    if (!source->is_seen_up())
        return refuse({"ComputeServiceUnavailable",
                       "Compute service of " + server.host + " is unavailable at this time.",
                       Exception::Origin::nova});
    if (move.force && destination) {
        // The scheduler is not asked, so neither are its filters (spec: nova-vtpm §SCH-11).
        if (!scheduler_.claim_on(wanted, destination->provider()))
            return refuse({"NoValidHost", "No valid host was found. ", Exception::Origin::nova});
    } else {
        const auto chosen = scheduler_.select({wanted}, {server.host, {}});
        if (!chosen)
            return refuse({"NoValidHost", chosen.error(), Exception::Origin::nova});
        destination = by_provider_.at(chosen->front().host.provider);
    }
    migration->destination = destination->name();
    warn_unless(context_.store.change_migration(migration->uuid, [&](Migration& record) {
        record.destination = destination->name();
        record.status = "preparing";
    }));
    const bool answered = source->call([&] {
        LiveMigration state{*migration, destination->driver(), {}};
        // The destination's check asks the source's, over RPC.
        if (const auto checked =
                source->perform(*requester, server_id, check_can_live_migrate(state));
            !checked) {
            refuse(checked.error());
            return yield_to_deletion(context_, computes_, server, *migration, checked.error());
        }
        event.finish();
        if (const auto moved = source->perform(*requester, server_id, live_migration(state));
            !moved)
            yield_to_deletion(context_, computes_, server, *migration, moved.error());
    });
    if (!answered)
        refuse({"MessagingTimeout", "Timed out waiting for a reply", Exception::Origin::other});
}

} // namespace vtpmlab::cloud
