// /limits: what a project may have and has. Only the number of servers has a limit; of all else
// there is no end, which Nova writes as -1.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr int unlimited = -1;

// Names went with the APIs they belong to: nova-network's after 2.35, image metadata after 2.38,
// injected files after 2.56. Source: nova/api/openstack/compute/limits.py.
std::vector<const char*> limit_names(const http::Microversion& version) {
    std::vector<const char*> names = {
        "maxServerMeta",    "maxTotalInstances", "maxTotalCores",        "maxTotalRAMSize",
        "maxTotalKeypairs", "maxServerGroups",   "maxServerGroupMembers"};
    if (version < http::Microversion{2, 36})
        names.insert(names.end(),
                     {"maxTotalFloatingIps", "maxSecurityGroups", "maxSecurityGroupRules"});
    if (version < http::Microversion{2, 39})
        names.push_back("maxImageMeta");
    if (version < http::Microversion{2, 57})
        names.insert(names.end(), {"maxPersonality", "maxPersonalitySize"});
    return names;
}

class Limits {
public:
    explicit Limits(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer show(const http::Request& request) const {
        std::string project = request.caller->project_id;
        if (const auto* asked = request.query.find("tenant_id"); asked && *asked != project) {
            VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                    "os_compute_api:limits:other_project", ""));
            project = *asked;
        }
        ServerFilter of_project;
        of_project.project_id = project;
        VTPMLAB_TRY(const auto servers, or_unexpected(cloud_.store.servers(of_project)));
        unsigned cores = 0, memory_mib = 0;
        for (const auto& server : servers) {
            cores += server.flavor.vcpus;
            memory_mib += server.flavor.memory_mib;
        }
        json absolute = {{"totalInstancesUsed", servers.size()},
                         {"totalCoresUsed", cores},
                         {"totalRAMUsed", memory_mib},
                         {"totalServerGroupsUsed", 0}};
        if (request.microversion < http::Microversion{2, 36})
            absolute["totalFloatingIpsUsed"] = absolute["totalSecurityGroupsUsed"] = 0;
        for (const char* name : limit_names(request.microversion))
            absolute[name] = unlimited;
        absolute["maxTotalInstances"] = cloud_.options.instances_quota;
        return http::Response::json(
            200, {{"limits", {{"rate", json::array()}, {"absolute", std::move(absolute)}}}});
    }

private:
    Context& cloud_;
};

} // namespace

std::vector<http::Route> limit_routes(Api& api) {
    const auto limits = std::make_shared<Limits>(api);
    return {{"GET", "/v2.1/limits", [limits](const http::Request& r) { return limits->show(r); }}};
}

} // namespace vtpmlab::cloud
