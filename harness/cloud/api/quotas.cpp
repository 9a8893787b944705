// /os-quota-sets: what a project may have. Only the number of servers has a limit here, the same
// for all projects, and nobody changes it.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr int unlimited = -1;

class Quotas {
public:
    explicit Quotas(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader,
                                "os_compute_api:os-quota-sets:show",
                                request.parameter("project_id")));
        return answer(request, limits(request.microversion));
    }

    // Anybody's to see, as they are the same for all.
    [[nodiscard]] Answer defaults(const http::Request& request) const {
        return answer(request, limits(request.microversion));
    }

    [[nodiscard]] Answer detail(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-quota-sets:detail", ""));
        ServerFilter of_project;
        of_project.project_id = request.parameter("project_id");
        VTPMLAB_TRY(const auto servers, or_unexpected(cloud_.store.servers(of_project)));
        std::map<std::string, std::uint64_t> used = {{"instances", servers.size()}};
        for (const auto& server : servers) {
            used["cores"] += server.flavor.vcpus;
            used["ram"] += server.flavor.memory_mib;
        }
        json shown = json::object();
        const auto all = limits(request.microversion);
        for (const auto& [name, limit] : all.items())
            shown[name] = {{"limit", limit}, {"in_use", used[name]}, {"reserved", 0}};
        return answer(request, std::move(shown));
    }

private:
    // Resources went with the APIs they belong to. Source:
    // nova/api/openstack/compute/quota_sets.py.
    [[nodiscard]] json limits(http::Microversion version) const {
        json all = {{"instances", cloud_.options.instances_quota},
                    {"cores", unlimited},
                    {"ram", unlimited},
                    {"key_pairs", unlimited},
                    {"metadata_items", unlimited},
                    {"server_groups", unlimited},
                    {"server_group_members", unlimited}};
        if (version < http::Microversion{2, 36})
            for (const char* name :
                 {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"})
                all[name] = unlimited;
        if (version < http::Microversion{2, 57})
            for (const char* name :
                 {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"})
                all[name] = unlimited;
        return all;
    }

    static Answer answer(const http::Request& request, json shown) {
        shown["id"] = request.parameter("project_id");
        return http::Response::json(200, {{"quota_set", std::move(shown)}});
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> quota_routes(Api& api) {
    const auto quotas = std::make_shared<Quotas>(api);
    const std::string one = "/v2.1/os-quota-sets/{project_id}";
    return {
        {"GET", one, [quotas](const http::Request& r) { return quotas->show(r); }},
        {"GET", one + "/defaults",
         [quotas](const http::Request& r) { return quotas->defaults(r); }},
        {"GET", one + "/detail", [quotas](const http::Request& r) { return quotas->detail(r); }}};
}

} // namespace vtpmlab::cloud
