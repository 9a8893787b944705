#include "cloud/api/flavor_view.h"

#include "cloud/api/policy.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cloud {

using nlohmann::json;

bool is_seen_by(const Flavor& flavor, const http::Caller& caller) {
    return flavor.is_public || is_admin(caller) ||
           std::find(flavor.projects.begin(), flavor.projects.end(), caller.project_id) !=
               flavor.projects.end();
}

json resource_links(const http::Request& request, const std::string& collection,
                    const std::string& id) {
    const auto path = collection + "/" + id;
    return {{{"rel", "self"}, {"href", request.base_url + "/v2.1/" + path}},
            {{"rel", "bookmark"}, {"href", request.base_url + "/" + path}}};
}

json flavor_summary(const http::Request& request, const Flavor& flavor) {
    json view = {{"id", flavor.id},
                 {"name", flavor.name},
                 {"links", resource_links(request, "flavors", flavor.id)}};
    if (request.microversion >= http::Microversion{2, 55})
        view["description"] = flavor.description ? json(*flavor.description) : json();
    return view;
}

json flavor_detail(const http::Request& request, const Flavor& flavor) {
    json view = flavor_summary(request, flavor);
    view["vcpus"] = flavor.vcpus;
    view["ram"] = flavor.memory_mib;
    view["disk"] = flavor.disk_gib;
    view["OS-FLV-EXT-DATA:ephemeral"] = flavor.ephemeral_gib;
    view["OS-FLV-DISABLED:disabled"] = false;
    view["os-flavor-access:is_public"] = flavor.is_public;
    view["rxtx_factor"] = flavor.rxtx_factor;
    // An empty text meant none until 2.75.
    if (flavor.swap_mib == 0 && request.microversion < http::Microversion{2, 75})
        view["swap"] = "";
    else
        view["swap"] = flavor.swap_mib;
    if (request.microversion >= http::Microversion{2, 61})
        view["extra_specs"] = flavor.extra_specs;
    return view;
}

json flavor_in_server(const http::Request& request, const Flavor& flavor) {
    if (request.microversion < http::Microversion{2, 47})
        return {{"id", flavor.id},
                {"links",
                 {{{"rel", "bookmark"}, {"href", request.base_url + "/flavors/" + flavor.id}}}}};
    return {{"vcpus", flavor.vcpus},
            {"ram", flavor.memory_mib},
            {"disk", flavor.disk_gib},
            {"ephemeral", flavor.ephemeral_gib},
            {"swap", flavor.swap_mib},
            {"original_name", flavor.name},
            {"extra_specs", flavor.extra_specs}};
}

} // namespace vtpmlab::cloud
