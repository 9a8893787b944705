#include "cloud/conductor/yielding.h"

#include "cloud/compute/operations/moves.h"
#include "cloud/compute/overtaken.h"
#include "cloud/neighbours/placement.h"

namespace vtpmlab::cloud {

void yield_to_deletion(Context& context, const std::vector<ComputeService*>& computes,
                       const ServerRecord& server, const Migration& migration,
                       const Exception& exception) {
    if (!is_overtaken(exception))
        return;
    const auto held = context.server_locks.hold(server.id);
    const auto now = context.store.server(server.id);
    if (!now)
        return context.log.warning("nova-conductor", now.error().message);
    set_migration_status(context, migration.uuid, "error");
    const auto own_host = *now ? (*now)->host : std::string();
    for (auto* const compute : computes) {
        const auto& name = compute->name();
        if (name != own_host && (name == migration.source || name == migration.destination))
            static_cast<void>(compute->call([&] { compute->remove_traces(server); }));
    }
    Placement placement(context.nova);
    auto given_back = placement.remove_allocations(migration.uuid);
    // The destination may have been claimed when the deletion was over.
    if (given_back && !*now)
        given_back = placement.remove_allocations(server.id);
    if (!given_back)
        context.log.warning("nova-conductor", given_back.error().message);
}

} // namespace vtpmlab::cloud
