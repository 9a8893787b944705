// Servers without a TPM that are made again on another host: evacuated from a dead one, or
// unshelved. spec: nova-vtpm §5.6

#include "cloud/action_log.h"
#include "cloud/compute/operations/moves.h"
#include "cloud/compute/operations/operations.h"
#include "cloud/conductor/conductor.h"
#include "cloud/instance_fault.h"

#include <vtpmlab/encoding.h>

namespace vtpmlab::cloud {

void Conductor::give_up(const std::string& server_id, const Exception& exception) {
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        if (!is_deletion(record.task_state))
            record.task_state = TaskState::none;
        record_fault(record, exception, context_.clock->now());
    });
    if (!saved)
        context_.log.warning("nova-conductor", saved.error().message);
}

void Conductor::evacuate(std::shared_ptr<Requester> requester, std::string server_id,
                         std::string host, AfterEvacuation after) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   host = std::move(host),
                   after] { evacuate_now(requester, server_id, host, after); });
}

void Conductor::evacuate_now(const std::shared_ptr<Requester>& requester,
                             const std::string& server_id, const std::string& host,
                             AfterEvacuation after) {
    const auto found = context_.store.server(server_id);
    if (context_.stopping || !found || !*found)
        return;
    auto wanted = **found;
    EventScope event(context_, *requester, server_id, "rebuild_server");
    wanted.requested_host = host;
    const auto source = wanted.host;
    const auto chosen = scheduler_.select({wanted}, {source, {}});
    if (!chosen) {
        const Exception refused{"NoValidHost", chosen.error(), Exception::Origin::nova};
        give_up(server_id, refused);
        return event.finish(refused);
    }
    auto* const destination = by_provider_.at(chosen->front().host.provider);
    Migration migration;
    migration.uuid = random_uuid();
    migration.server_id = server_id;
    migration.type = "evacuation";
    migration.status = "accepted";
    migration.source = source;
    migration.destination = destination->name();
    migration.old_flavor_id = migration.new_flavor_id = wanted.flavor.id;
    migration.user_id = requester->user_id;
    migration.project_id = requester->project_id;
    migration.created_at = migration.updated_at = context_.clock->now();
    if (const auto added = context_.store.add_migration(migration); !added)
        context_.log.warning("nova-conductor", added.error().message);
    event.finish();
    destination->cast([destination, requester, server_id, migration, after] {
        static_cast<void>(
            destination->perform(*requester, server_id, evacuate_instance(migration, after)));
    });
}

void Conductor::unshelve(std::shared_ptr<Requester> requester, std::string server_id) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id)] {
        unshelve_now(requester, server_id);
    });
}

void Conductor::unshelve_now(const std::shared_ptr<Requester>& requester,
                             const std::string& server_id) {
    const auto found = context_.store.server(server_id);
    if (context_.stopping || !found || !*found)
        return;
    const auto chosen = scheduler_.select({**found});
    if (!chosen)
        return give_up(server_id, {"NoValidHost", chosen.error(), Exception::Origin::nova});
    auto* const destination = by_provider_.at(chosen->front().host.provider);
    destination->cast([destination, requester, server_id] {
        static_cast<void>(destination->perform(*requester, server_id, unshelve_instance()));
    });
}

} // namespace vtpmlab::cloud
