#include "cloud/scheduler/scheduler.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

constexpr const char* no_candidates = "No valid host was found. ";
constexpr const char* not_enough = "No valid host was found. There are not enough hosts available.";

unsigned free_memory(const Candidate& host) {
    const auto found = host.free.find("MEMORY_MB");
    return found == host.free.end() ? 0 : found->second;
}

// What a server takes is no longer free for the next one of the same request.
void consume(Candidate& host) {
    for (const auto& [name, amount] : host.resources)
        if (const auto found = host.free.find(name); found != host.free.end())
            found->second -= std::min(found->second, amount);
}

// The freest first, equals in the order of the configuration. Keys are looked up once for each
// host: there may be a thousand.
void put_in_order(std::vector<Candidate>& hosts,
                  const std::unordered_map<std::string, std::size_t>& ranks) {
    struct Ranked {
        unsigned free;
        std::size_t rank;
        Candidate* host;
    };
    std::vector<Ranked> order;
    order.reserve(hosts.size());
    for (auto& host : hosts)
        order.push_back({free_memory(host), ranks.at(host.provider), &host});
    std::sort(order.begin(), order.end(), [](const Ranked& a, const Ranked& b) {
        return std::pair(b.free, a.rank) < std::pair(a.free, b.rank);
    });
    std::vector<Candidate> sorted;
    sorted.reserve(hosts.size());
    for (const auto& one : order)
        sorted.push_back(std::move(*one.host));
    hosts = std::move(sorted);
}

} // namespace

Scheduler::Scheduler(Context& context, std::vector<Host> hosts)
    : context_(context), placement_(context.nova), hosts_(std::move(hosts)) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        by_provider_.emplace(hosts_[i].provider, i);
        by_name_.emplace(hosts_[i].name, i);
    }
}

const Scheduler::Host* Scheduler::find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &hosts_[found->second];
}

bool Scheduler::claim(const ServerRecord& server, const Candidate& host) {
    const auto claimed = placement_.claim(
        {server.id, host.provider, host.resources, server.project_id, server.user_id});
    if (!claimed)
        context_.log.warning("nova-scheduler", claimed.error().message);
    return claimed && *claimed;
}

bool Scheduler::claim_on(const ServerRecord& server, const std::string& provider) {
    const auto request = resource_request(context_.profile, server.flavor, server.image);
    return request && claim(server, {provider, request->resources, {}});
}

tl::expected<std::vector<Candidate>, std::string> Scheduler::candidates(const ServerRecord& server,
                                                                        const Limits& limits) {
    auto request = resource_request(context_.profile, server.flavor, server.image);
    if (!request)
        return tl::unexpected(request.error());
    if (!server.requested_host.empty()) {
        const auto* host = find(server.requested_host);
        if (!host)
            return tl::unexpected(
                limits.forced_to.empty()
                    ? std::string(no_candidates)
                    : fmt::format("{}No such host - {} ", no_candidates, limits.forced_to));
        request->in_tree = host->provider;
    }
    auto found = placement_.candidates(request->query());
    if (!found) {
        context_.log.warning("nova-scheduler", found.error().message);
        return tl::unexpected(std::string(no_candidates));
    }
    // Providers that are no compute host of this cloud are not ours to use.
    std::erase_if(*found,
                  [&](const Candidate& host) { return !by_provider_.contains(host.provider); });
    if (found->empty())
        return tl::unexpected(std::string(no_candidates));
    const auto* left_out = find(limits.leave_out);
    std::erase_if(*found, [&](const Candidate& candidate) {
        const auto& host = hosts_[by_provider_.at(candidate.provider)];
        return &host == left_out || (limits.forced_to.empty() && !host.is_usable());
    });
    if (found->empty())
        return tl::unexpected(std::string(not_enough));
    return std::move(*found);
}

tl::expected<std::vector<Destination>, std::string>
Scheduler::select(const std::vector<ServerRecord>& servers, const Limits& limits) {
    auto found = candidates(servers.front(), limits);
    if (!found)
        return tl::unexpected(found.error());
    std::vector<Destination> destinations;
    for (const auto& server : servers) {
        put_in_order(*found, by_provider_);
        const auto taken = std::find_if(found->begin(), found->end(), [&](const Candidate& host) {
            return !context_.stopping && claim(server, host);
        });
        if (taken == found->end()) {
            for (std::size_t i = 0; i < destinations.size(); ++i)
                if (const auto removed = placement_.remove_allocations(servers[i].id); !removed)
                    context_.log.warning("nova-scheduler", removed.error().message);
            return tl::unexpected(std::string(not_enough));
        }
        Destination destination{*taken, {}};
        for (const auto& other : *found)
            if (other.provider != taken->provider &&
                destination.alternates.size() + 1 < max_build_attempts)
                destination.alternates.push_back(other);
        consume(*taken);
        destinations.push_back(std::move(destination));
    }
    return destinations;
}

} // namespace vtpmlab::cloud
