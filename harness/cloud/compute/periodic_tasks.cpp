// What nova-compute does from time to time, as the system and without a token.
// spec: nova-vtpm §5.2
// spec: nova-vtpm §5.9

#include "cloud/compute/compute_service.h"
#include "cloud/compute/operations/operations.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

void ComputeService::run(Periodic task) {
    static_cast<void>(life_.call([this, task] {
        switch (task) {
        case Periodic::sync_power_states:
            return sync_power_states();
        case Periodic::reclaim_queued_deletes:
            return reclaim_queued_deletes();
        case Periodic::reap_deleted:
            return reap_deleted();
        }
    }));
}

// A guest that stopped by itself is stopped for good, and one that should be off is turned off. One
// that is not there at all is left alone.
// spec: nova-vtpm §LIF-HST-3
void ComputeService::sync_power_states() {
    const auto servers = context_.store.servers({{}, name(), {}});
    if (!servers)
        return context_.log.warning("nova-compute", servers.error().message);
    for (const auto& server : *servers) {
        if (server.task_state != TaskState::none)
            continue;
        const auto power = driver_.power_state(server);
        if (power == server.power_state)
            continue;
        change(server.id, [&](ServerRecord& record) { record.power_state = power; });
        const bool fell_over = server.vm_state == VmState::active &&
                               (power == PowerState::shut_down || power == PowerState::crashed);
        const bool should_be_off =
            server.vm_state == VmState::stopped && power == PowerState::running;
        if (!fell_over && !should_be_off)
            continue;
        context_.log.warning("nova-compute",
                             fmt::format("{}: instance {} is in another power state than it should "
                                         "be: it is stopped",
                                         name(), server.id));
        auto system = system_requester();
        static_cast<void>(perform(*system, server.id, stop_instance()));
    }
}

// A refused one is not tried again: it is no longer softly deleted by then.
// spec: nova-vtpm §LIF-DEL-6
void ComputeService::reclaim_queued_deletes() {
    const auto interval = context_.options.reclaim_instance_interval;
    if (interval.count() == 0)
        return;
    const auto servers = context_.store.servers({{}, name(), {}});
    if (!servers)
        return context_.log.warning("nova-compute", servers.error().message);
    for (const auto& server : *servers) {
        if (server.vm_state != VmState::soft_deleted || server.task_state != TaskState::none ||
            !server.terminated_at || context_.clock->now() - *server.terminated_at < interval)
            continue;
        const auto held = context_.server_locks.hold(server.id);
        auto system = system_requester();
        auto record = server;
        if (const auto removed = destroy(*system, record); !removed)
            context_.log.warning(
                "nova-compute",
                fmt::format("{}: Periodic reclaim failed to delete instance {}: {}: {}", name(),
                            server.id, removed.error().class_name, removed.error().message));
    }
}

// [DEFAULT] running_deleted_instance_action is reap.
// spec: nova-vtpm §LIF-DEL-5
void ComputeService::reap_deleted() {
    const auto domains = driver_.domains();
    if (!domains)
        return context_.log.warning("nova-compute", domains.error().message);
    for (const auto& domain : *domains) {
        const auto known = context_.store.server(domain.uuid);
        if (!known)
            return context_.log.warning("nova-compute", known.error().message);
        if (*known)
            continue;
        context_.log.warning("nova-compute",
                             fmt::format("{}: instance {} is deleted but still here: it is reaped",
                                         name(), domain.uuid));
        driver_.reap(domain.uuid);
    }
}

} // namespace vtpmlab::cloud
