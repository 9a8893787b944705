#include "cloud/conductor/conductor.h"

#include "cloud/action_log.h"
#include "cloud/instance_fault.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

std::vector<Scheduler::Host>
hosts_of(const std::vector<std::unique_ptr<ComputeService>>& computes) {
    std::vector<Scheduler::Host> hosts;
    for (const auto& compute : computes)
        hosts.push_back({compute->name(), compute->provider(), [&service = *compute] {
                             return service.is_seen_up() && !service.record().is_disabled;
                         }});
    return hosts;
}

} // namespace

Conductor::Conductor(Context& context, TaskPool& tasks,
                     const std::vector<std::unique_ptr<ComputeService>>& computes)
    : context_(context), tasks_(tasks), scheduler_(context, hosts_of(computes)) {
    for (const auto& compute : computes) {
        computes_.push_back(compute.get());
        by_provider_[compute->provider()] = compute.get();
        by_name_[compute->name()] = compute.get();
    }
}

void Conductor::build(std::shared_ptr<Requester> requester, std::vector<ServerRecord> servers,
                      std::string forced_to) {
    tasks_.submit([this, requester = std::move(requester), servers = std::move(servers),
                   forced_to = std::move(forced_to)] { schedule(requester, servers, forced_to); });
}

void Conductor::schedule(const std::shared_ptr<Requester>& requester,
                         const std::vector<ServerRecord>& servers, const std::string& forced_to) {
    if (context_.stopping)
        return;
    constexpr const char* event_name = "conductor_schedule_and_build_instances";
    std::vector<EventScope> events;
    for (const auto& server : servers)
        events.emplace_back(context_, *requester, server.id, event_name);
    auto destinations = scheduler_.select(servers, {{}, forced_to});
    if (!destinations) {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            bury(servers[i].id, destinations.error());
            events[i].finish({"NoValidHost", destinations.error(), Exception::Origin::nova});
        }
        return;
    }
    for (auto& event : events)
        event.finish();
    for (std::size_t i = 0; i < servers.size(); ++i) {
        auto& destination = (*destinations)[i];
        tasks_.submit([this, build = Build{requester, servers[i], std::move(destination.host),
                                           std::move(destination.alternates), !forced_to.empty()}] {
            run(build);
        });
    }
}

void Conductor::run(Build build) {
    auto* compute = by_provider_.at(build.host.provider);
    compute->cast([this, compute, build = std::move(build)] {
        const auto outcome = compute->build(*build.requester, build.server.id);
        if (outcome.kind == BuildOutcome::Kind::reschedule)
            reschedule(build, outcome.reason);
    });
}

void Conductor::reschedule(Build build, const std::string& reason) {
    const auto now = context_.store.server(build.server.id);
    if (context_.stopping || !now || !*now || is_deletion((*now)->task_state))
        return;
    if (build.is_forced)
        return bury(build.server.id, reason);
    constexpr std::string_view exceeded = "Exceeded maximum number of retries. ";
    if (++build.attempts > max_build_attempts)
        return bury(build.server.id,
                    fmt::format("{}Exceeded max scheduling attempts {} for instance {}. Last "
                                "exception: {}",
                                exceeded, max_build_attempts, build.server.id, reason));
    while (!build.alternates.empty()) {
        build.host = std::move(build.alternates.front());
        build.alternates.erase(build.alternates.begin());
        if (!scheduler_.claim(build.server, build.host))
            continue;
        tasks_.submit([this, build = std::move(build)] { run(build); });
        return;
    }
    bury(build.server.id,
         fmt::format("{}Exhausted all hosts available for retrying build failures for instance {}.",
                     exceeded, build.server.id));
}

void Conductor::bury(const std::string& server_id, const std::string& message) {
    context_.log.warning("nova-conductor",
                         fmt::format("instance {} goes to ERROR: {}", server_id, message));
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        if (is_deletion(record.task_state))
            return;
        record.host.clear();
        set_error(record, message, {}, context_.clock->now());
    });
    if (!saved)
        context_.log.warning("nova-conductor", saved.error().message);
}

void Conductor::perform(std::shared_ptr<Requester> requester, std::string server_id,
                        Operation operation) {
    tasks_.submit([this, requester = std::move(requester), server_id = std::move(server_id),
                   operation = std::move(operation)] {
        const auto server = context_.store.server(server_id);
        if (context_.stopping || !server || !*server)
            return;
        if (auto* compute = on_host((*server)->host))
            compute->cast([compute, requester, server_id, operation] {
                static_cast<void>(compute->perform(*requester, server_id, operation));
            });
    });
}

void Conductor::remove(std::shared_ptr<Requester> requester, std::string server_id,
                       Removal removal) {
    tasks_.submit(
        [this, requester = std::move(requester), server_id = std::move(server_id), removal] {
            // A build that runs meanwhile may give the server a host, or take it away again.
            while (!context_.stopping) {
                const auto server = context_.store.server(server_id);
                if (!server || !*server)
                    return;
                if ((*server)->vm_state == VmState::resized)
                    confirm_before_removal(*requester, **server);
                if (auto* compute = on_host((*server)->host)) {
                    if (!compute->is_seen_up())
                        return forget(server_id);
                    return compute->cast([compute, requester, server_id, removal] {
                        if (removal == Removal::soft)
                            static_cast<void>(
                                compute->perform(*requester, server_id, soft_delete_instance()));
                        else
                            compute->terminate(*requester, server_id);
                    });
                }
                if (remove_locally(*requester, server_id) == HasHost::no)
                    return;
            }
        });
}

// Nova's _local_delete of a server whose host is down: what stands on the host and in Barbican
// stays. spec: nova-vtpm §LIF-DEL-5
void Conductor::forget(const std::string& server_id) {
    const auto held = context_.server_locks.hold(server_id);
    if (const auto removed = Placement(context_.nova).remove_allocations(server_id); !removed)
        context_.log.warning("nova-api", removed.error().message);
    if (const auto removed = context_.store.remove_server(server_id); !removed)
        context_.log.warning("nova-api", removed.error().message);
}

// spec: nova-vtpm §4.4, row P11: what a failed build left in Barbican goes with the server.
Conductor::HasHost Conductor::remove_locally(Requester& requester, const std::string& server_id) {
    const auto held = context_.server_locks.hold(server_id);
    const auto found = context_.store.server(server_id);
    if (!found || !*found)
        return HasHost::no;
    auto server = **found;
    if (!server.host.empty())
        return HasHost::yes;
    if (const auto removed = Placement(context_.nova).remove_allocations(server_id); !removed)
        context_.log.warning("nova-conductor", removed.error().message);
    VtpmSecret secret(context_, requester, server);
    if (const auto removed = secret.remove_from_key_manager(); !removed) {
        const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
            set_error(record, removed.error().class_name, removed.error().message,
                      context_.clock->now());
        });
        if (!saved)
            context_.log.warning("nova-conductor", saved.error().message);
        return HasHost::no;
    }
    if (const auto removed = context_.store.remove_server(server_id); !removed)
        context_.log.warning("nova-conductor", removed.error().message);
    return HasHost::no;
}

ComputeService* Conductor::on_host(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

} // namespace vtpmlab::cloud
