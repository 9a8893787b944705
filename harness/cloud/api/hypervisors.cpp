// /os-hypervisors: the compute nodes, for admins. What they have and what is taken went to
// Placement with 2.88; until then it is counted here, from the hosts' inventories and the servers
// on them.

#include "cloud/api/api.h"
#include "cloud/api/paging.h"
#include "cloud/api/policy.h"
#include "cloud/api/query_check.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/sysinfo.h>

#include <algorithm>
#include <sstream>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

bool at_least(const http::Request& request, int minor) {
    return request.microversion >= http::Microversion{2, minor};
}

// "7.2.22" → 7002022, as libvirt counts versions.
long version_number(const std::string& text) {
    std::istringstream parts(text);
    std::string part;
    long number = 0;
    for (int i = 0; i < 3; ++i) {
        const bool there = static_cast<bool>(std::getline(parts, part, '.'));
        number = number * 1000 + (there ? std::strtol(part.c_str(), nullptr, 10) : 0);
    }
    return number;
}

// The names are the API's.
struct Usage {
    unsigned vcpus = 0, vcpus_used = 0;
    unsigned memory_mb = 0, memory_mb_used = 0;
    unsigned local_gb = 0, local_gb_used = 0;
    unsigned running_vms = 0, current_workload = 0;

    Usage& operator+=(const Usage& other) {
        vcpus += other.vcpus;
        vcpus_used += other.vcpus_used;
        memory_mb += other.memory_mb;
        memory_mb_used += other.memory_mb_used;
        local_gb += other.local_gb;
        local_gb_used += other.local_gb_used;
        running_vms += other.running_vms;
        current_workload += other.current_workload;
        return *this;
    }

    [[nodiscard]] json view() const {
        const auto left = [](unsigned all, unsigned used) {
            return static_cast<long>(all) - static_cast<long>(used);
        };
        return {{"vcpus", vcpus},
                {"vcpus_used", vcpus_used},
                {"memory_mb", memory_mb},
                {"memory_mb_used", memory_mb_used},
                {"free_ram_mb", left(memory_mb, memory_mb_used)},
                {"local_gb", local_gb},
                {"local_gb_used", local_gb_used},
                {"free_disk_gb", left(local_gb, local_gb_used)},
                {"disk_available_least", left(local_gb, local_gb_used)},
                {"running_vms", running_vms},
                {"current_workload", current_workload}};
    }
};

struct Node {
    std::size_t number = 0; // what stood for the id before 2.53
    ComputeService* compute = nullptr;
    ServiceRecord service;
    bool is_up = true;
    std::vector<ServerRecord> servers;

    [[nodiscard]] const std::string& name() const { return compute->name(); }
    [[nodiscard]] json id(const http::Request& request) const {
        return at_least(request, 53) ? json(compute->provider()) : json(number);
    }
    [[nodiscard]] std::string id_text(const http::Request& request) const {
        return at_least(request, 53) ? compute->provider() : std::to_string(number);
    }
    [[nodiscard]] json service_view(const http::Request& request) const {
        return {{"id", at_least(request, 53) ? json(service.id) : json(service.number)},
                {"host", name()},
                {"disabled_reason",
                 service.disabled_reason.empty() ? json() : json(service.disabled_reason)}};
    }
    [[nodiscard]] Usage usage() const {
        const auto& spec = compute->driver().host().spec;
        Usage usage;
        usage.vcpus = spec.vcpus;
        usage.memory_mb = spec.memory_mib;
        usage.local_gb = spec.disk_gib;
        for (const auto& server : servers) {
            usage.vcpus_used += server.flavor.vcpus;
            usage.memory_mb_used += server.flavor.memory_mib;
            usage.local_gb_used += server.flavor.disk_gib;
            ++usage.running_vms; // Nova counts the stopped ones as well
            usage.current_workload += server.task_state == TaskState::none ? 0 : 1;
        }
        return usage;
    }
};

class Hypervisors {
public:
    explicit Hypervisors(Api& api) : api_(api), cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        return answer_list(request, "list",
                           [&](const Node& node) { return summary(request, node); });
    }
    [[nodiscard]] Answer detail(const http::Request& request) const {
        return answer_list(request, "list-detail",
                           [&](const Node& node) { return details(request, node); });
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "show"));
        VTPMLAB_TRY(const auto node, find(request));
        return http::Response::json(200, {{"hypervisor", details(request, node)}});
    }

    [[nodiscard]] Answer uptime(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "uptime"));
        VTPMLAB_TRY(const auto node, find(request));
        if (!node.is_up)
            return http::refuse(
                400,
                fmt::format("Compute service of {} is unavailable at this time.", node.name()));
        json view = summary(request, node);
        view["uptime"] = uptime_text();
        return http::Response::json(200, {{"hypervisor", view}});
    }

    [[nodiscard]] Answer statistics(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "statistics"));
        VTPMLAB_TRY(const auto all, nodes());
        Usage sum;
        for (const auto& node : all)
            sum += node.usage();
        json view = sum.view();
        view["count"] = all.size();
        return http::Response::json(200, {{"hypervisor_statistics", view}});
    }

    // Before 2.53 a part of the name was a path of its own.
    [[nodiscard]] Answer search(const http::Request& request, bool with_servers) const {
        VTPMLAB_CHECK(administer(request, with_servers ? "servers" : "search"));
        const auto& pattern = request.parameter("hypervisor");
        VTPMLAB_TRY(const auto found, matching(pattern));
        json shown = json::array();
        for (const auto& node : found) {
            json view = summary(request, node);
            if (with_servers && !node.servers.empty())
                view["servers"] = servers_of(node);
            shown.push_back(std::move(view));
        }
        return http::Response::json(200, {{"hypervisors", shown}});
    }

private:
    template <typename View>
    [[nodiscard]] Answer answer_list(const http::Request& request, const char* action,
                                     View view) const {
        VTPMLAB_CHECK(administer(request, action));
        const auto* pattern = request.query.find("hypervisor_hostname_pattern");
        const auto* with_servers = request.query.find("with_servers");
        const bool may_filter = at_least(request, 53);
        if (!may_filter && (pattern != nullptr || with_servers != nullptr)) // ignored, as there
            pattern = with_servers = nullptr;
        if (may_filter)
            VTPMLAB_CHECK(check_query(request,
                                      {{"limit", QueryField::Kind::number},
                                       {"marker"},
                                       {"hypervisor_hostname_pattern"},
                                       {"with_servers"}},
                                      53));
        VTPMLAB_TRY(auto found, pattern != nullptr ? matching(*pattern) : nodes());
        json body;
        if (at_least(request, 33)) {
            VTPMLAB_TRY(const auto next,
                        cut_page(request, found, UnknownMarker::brackets,
                                 [&](const Node& node) { return node.id_text(request); }));
            if (!next.empty())
                body["hypervisors_links"] = {{{"rel", "next"}, {"href", next}}};
        }
        json shown = json::array();
        for (const auto& node : found) {
            json one = view(node);
            if (with_servers != nullptr && is_true(*with_servers) &&
                (at_least(request, 75) || !node.servers.empty()))
                one["servers"] = servers_of(node);
            shown.push_back(std::move(one));
        }
        body["hypervisors"] = std::move(shown);
        return http::Response::json(200, body);
    }

    static bool is_true(const std::string& text) {
        return text == "1" || text == "true" || text == "True" || text == "yes" || text == "on";
    }

    [[nodiscard]] http::Outcome<void> administer(const http::Request& request,
                                                 const char* action) const {
        return authorize(cloud_.profile, *request.caller, Need::admin,
                         fmt::format("os_compute_api:os-hypervisors:{}", action), "");
    }

    [[nodiscard]] http::Outcome<std::vector<Node>> nodes() const {
        std::vector<Node> all;
        for (const auto& compute : api_.computes) {
            ServerFilter here;
            here.host = compute->name();
            VTPMLAB_TRY(auto servers, or_unexpected(cloud_.store.servers(here)));
            auto service = compute->record();
            service.number = first_compute_number + all.size();
            all.push_back({all.size() + 1, compute.get(), std::move(service), compute->is_seen_up(),
                           std::move(servers)});
        }
        return all;
    }

    [[nodiscard]] http::Outcome<std::vector<Node>> matching(const std::string& pattern) const {
        VTPMLAB_TRY(auto all, nodes());
        std::erase_if(
            all, [&](const Node& node) { return node.name().find(pattern) == std::string::npos; });
        if (all.empty())
            return http::refuse(
                404, fmt::format("No hypervisor matching '{}' could be found.", pattern));
        return all;
    }

    [[nodiscard]] http::Outcome<Node> find(const http::Request& request) const {
        const auto& id = request.parameter("hypervisor");
        VTPMLAB_TRY(auto all, nodes());
        for (auto& node : all)
            if (id == node.id_text(request))
                return std::move(node);
        return http::refuse(404, fmt::format("Compute host {} could not be found.", id));
    }

    static json servers_of(const Node& node) {
        json servers = json::array();
        for (const auto& server : node.servers)
            servers.push_back({{"uuid", server.id}, {"name", server.domain_name()}});
        return servers;
    }

    static json summary(const http::Request& request, const Node& node) {
        return {{"id", node.id(request)},
                {"hypervisor_hostname", node.name()},
                {"state", node.is_up ? "up" : "down"},
                {"status", node.service.is_disabled ? "disabled" : "enabled"}};
    }

    [[nodiscard]] json details(const http::Request& request, const Node& node) const {
        json view = summary(request, node);
        view["host_ip"] = "127.0.0.1";
        view["hypervisor_type"] = "QEMU";
        const auto capabilities = node.compute->driver().host().hypervisor->capabilities();
        view["hypervisor_version"] = capabilities ? version_number(capabilities->qemu_version) : 0;
        view["service"] = node.service_view(request);
        if (at_least(request, 88)) {
            view["uptime"] = node.is_up ? json(uptime_text()) : json();
            return view;
        }
        view.update(node.usage().view());
        // An object since 2.28, before that its text; nothing here models a processor.
        view["cpu_info"] = at_least(request, 28) ? json::object() : json("");
        return view;
    }

    // What uptime(1) prints on a host, and the driver passes on: of the one machine all hosts are
    // on.
    [[nodiscard]] std::string uptime_text() const {
        constexpr long minute = 60, hour = 60 * minute, day = 24 * hour;
        struct sysinfo machine {};
        if (::sysinfo(&machine) != 0)
            return {};
        const auto load = [&](int i) {
            return static_cast<double>(machine.loads[i]) / (1 << SI_LOAD_SHIFT);
        };
        const long up = machine.uptime;
        const auto days = up < day ? std::string() : fmt::format("{} days, ", up / day);
        return fmt::format(" {} up {}{:2}:{:02},  0 users,  load average: {:.2f}, {:.2f}, {:.2f}\n",
                           http::timestamp(cloud_.clock->now()).substr(11, 8), days,
                           up % day / hour, up % hour / minute, load(0), load(1), load(2));
    }

    Api& api_;
    Context& cloud_;
};

} // namespace

std::vector<http::Route> hypervisor_routes(Api& api) {
    const auto hypervisors = std::make_shared<Hypervisors>(api);
    const auto get = [&](const std::string& path, auto handler,
                         http::Microversion until = {2, 999}) {
        return http::Route{
            "GET",
            "/v2.1/os-hypervisors" + path,
            [hypervisors, handler](const http::Request& r) { return handler(*hypervisors, r); },
            http::Access::token,
            http::Body::none,
            nullptr,
            {2, 1},
            until};
    };
    constexpr http::Microversion last_count{2, 87}, last_search{2, 52};
    return {
        get("", [](const Hypervisors& h, const http::Request& r) { return h.list(r); }),
        get("/detail", [](const Hypervisors& h, const http::Request& r) { return h.detail(r); }),
        get(
            "/statistics",
            [](const Hypervisors& h, const http::Request& r) { return h.statistics(r); },
            last_count),
        get("/{hypervisor}",
            [](const Hypervisors& h, const http::Request& r) { return h.show(r); }),
        get(
            "/{hypervisor}/uptime",
            [](const Hypervisors& h, const http::Request& r) { return h.uptime(r); }, last_count),
        get(
            "/{hypervisor}/search",
            [](const Hypervisors& h, const http::Request& r) { return h.search(r, false); },
            last_search),
        get(
            "/{hypervisor}/servers",
            [](const Hypervisors& h, const http::Request& r) { return h.search(r, true); },
            last_search)};
}

} // namespace vtpmlab::cloud
