// /flavors/{id}/os-flavor-access, and the actions that change it: which projects may use a flavor
// that is not public.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr const char* schema = R"({"type": "object", "minProperties": 1, "maxProperties": 1,
    "additionalProperties": false,
    "patternProperties": {"^(add|remove)TenantAccess$": {
        "type": "object", "required": ["tenant"], "additionalProperties": false,
        "properties": {"tenant": {"type": "string", "minLength": 1, "maxLength": 255}}}}})";

class FlavorAccess {
public:
    explicit FlavorAccess(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "os_compute_api:os-flavor-access"));
        VTPMLAB_TRY(const auto flavor, find(request));
        if (flavor.is_public)
            return http::refuse(404, "Access list not available for public flavors.");
        return http::Response::json(200, view(flavor));
    }

    [[nodiscard]] Answer change(const http::Request& request) const {
        VTPMLAB_TRY(const auto body, request.json());
        const bool adds = body.contains("addTenantAccess");
        VTPMLAB_CHECK(administer(request, adds ? "os_compute_api:os-flavor-access:add_tenant_access"
                                               : "os_compute_api:os-flavor-access:"
                                                 "remove_tenant_access"));
        VTPMLAB_TRY(const auto flavor, find(request));
        const auto project = body.begin().value().at("tenant").get<std::string>();
        const bool has = contains(flavor, project);
        if (adds && flavor.is_public && request.microversion >= http::Microversion{2, 7})
            return http::refuse(409, "Can not add access to a public flavor.");
        if (adds && has)
            return http::refuse(409, fmt::format("Flavor access already exists for flavor {} and "
                                                 "project {} combination.",
                                                 flavor.id, project));
        if (!adds && !has)
            return http::refuse(404, fmt::format("Flavor access not found for {} / {} combination.",
                                                 flavor.id, project));
        VTPMLAB_TRY(const auto changed,
                    or_unexpected(cloud_.store.change_flavor(flavor.id, [&](Flavor& record) {
                        std::erase(record.projects, project);
                        if (adds)
                            record.projects.push_back(project);
                    })));
        return http::Response::json(200, view(changed.value_or(flavor)));
    }

private:
    static bool contains(const Flavor& flavor, const std::string& project) {
        return std::find(flavor.projects.begin(), flavor.projects.end(), project) !=
               flavor.projects.end();
    }

    static json view(const Flavor& flavor) {
        auto shown = json::array();
        for (const auto& project : flavor.projects)
            shown.push_back({{"flavor_id", flavor.id}, {"tenant_id", project}});
        return {{"flavor_access", shown}};
    }

    [[nodiscard]] http::Outcome<void> administer(const http::Request& request,
                                                 const char* rule) const {
        return authorize(cloud_.profile, *request.caller, Need::admin, rule, "");
    }

    [[nodiscard]] http::Outcome<Flavor> find(const http::Request& request) const {
        const auto& id = request.parameter("flavor_id");
        VTPMLAB_TRY(auto flavor, or_unexpected(cloud_.store.flavor(id)));
        if (!flavor)
            return http::refuse(404, fmt::format("Flavor {} could not be found.", id));
        return std::move(*flavor);
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> flavor_access_routes(Api& api) {
    const auto access = std::make_shared<FlavorAccess>(api);
    return {{"GET", "/v2.1/flavors/{flavor_id}/os-flavor-access",
             [access](const http::Request& r) { return access->list(r); }},
            {"POST", "/v2.1/flavors/{flavor_id}/action",
             [access](const http::Request& r) { return access->change(r); }, http::Access::token,
             http::Body::json, std::make_shared<http::Schema>(schema)}};
}

} // namespace vtpmlab::cloud
