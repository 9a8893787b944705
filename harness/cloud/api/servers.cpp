// /servers

#include "cloud/action_log.h"
#include "cloud/api/api.h"
#include "cloud/api/deletion.h"
#include "cloud/api/flavor_view.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_list.h"
#include "cloud/api/server_request.h"
#include "cloud/api/server_schemas.h"
#include "cloud/api/server_view.h"
#include "cloud/state/state_rules.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>
#include <optional>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

// The caller's or, as Nova makes one, twelve characters. No guest here ever gets it.
std::string password_of(const json& asked) {
    return asked.value("adminPass", random_uuid().substr(24));
}

std::string project_of(const http::Request& request) { return request.caller->project_id; }

class Servers {
public:
    explicit Servers(Api& api) : api_(api), cloud_(api.cloud) {}

    [[nodiscard]] Answer create(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_member,
                                "os_compute_api:servers:create", project_of(request)));
        VTPMLAB_TRY(const auto body, request.json());
        VTPMLAB_TRY(const auto requester, requester_of(cloud_, request));
        ImageService images(requester->with_service);
        VTPMLAB_TRY(auto order, read_create_order(api_, request, body, images));
        VTPMLAB_CHECK(check_unified_limits(order.servers.front()));
        for (auto& server : order.servers)
            VTPMLAB_CHECK(or_unexpected(cloud_.store.add_server(server)));
        for (const auto& server : order.servers)
            begin_action(cloud_, *requester, server, "create");
        const auto first = order.servers.front();
        api_.conductor.build(requester, std::move(order.servers), std::move(order.forced_to));
        if (order.wants_reservation)
            return http::Response::json(202, {{"reservation_id", first.reservation_id}});
        return http::Response::json(202, {{"server",
                                           {{"id", first.id},
                                            {"links", resource_links(request, "servers", first.id)},
                                            {"OS-DCF:diskConfig", first.disk_config},
                                            {"security_groups", {{{"name", "default"}}}},
                                            {"adminPass", password_of(body.at("server"))}}}})
            .with("Location", request.base_url + "/v2.1/servers/" + first.id);
    }

    [[nodiscard]] Answer list(const http::Request& request, const char* rule,
                              json (*view)(const Api&, const http::Request&,
                                           const ServerRecord&)) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader, rule,
                                project_of(request)));
        VTPMLAB_TRY(const auto page, list_servers(api_, request, rule));
        auto shown = json::array();
        for (const auto& server : page.servers)
            shown.push_back(view(api_, request, server));
        json body = {{"servers", shown}};
        if (!page.next.empty())
            body["servers_links"] = {{{"rel", "next"}, {"href", page.next}}};
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader,
                                "os_compute_api:servers:show", server.project_id));
        return http::Response::json(200, {{"server", server_detail(api_, request, server)}});
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_member,
                                "os_compute_api:servers:delete", server.project_id));
        // spec: nova-vtpm §LIF-DEL-6
        const auto removal = cloud_.options.reclaim_instance_interval.count() > 0
                                 ? Conductor::Removal::soft
                                 : Conductor::Removal::final;
        VTPMLAB_CHECK(begin_deletion(api_, request, server, "delete", removal));
        return http::Response::empty(204);
    }

    [[nodiscard]] Answer update(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_member,
                                "os_compute_api:servers:update", server.project_id));
        VTPMLAB_TRY(const auto body, request.json());
        const auto& wanted = body.at("server");
        VTPMLAB_TRY(const auto changed,
                    or_unexpected(cloud_.store.change_server(server.id, [&](ServerRecord& record) {
                        record.name = wanted.value("name", record.name);
                        record.hostname = wanted.value("hostname", record.hostname);
                        record.access_ip_v4 = wanted.value("accessIPv4", record.access_ip_v4);
                        record.access_ip_v6 = wanted.value("accessIPv6", record.access_ip_v6);
                        record.disk_config = wanted.value("OS-DCF:diskConfig", record.disk_config);
                        if (const auto text = wanted.find("description"); text != wanted.end())
                            record.description = text->is_null()
                                                     ? std::nullopt
                                                     : std::optional(text->get<std::string>());
                        record.updated_at = cloud_.clock->now();
                    })));
        if (!changed)
            return http::refuse(404, fmt::format("Instance {} could not be found.", server.id));
        return http::Response::json(200, {{"server", server_detail(api_, request, *changed)}});
    }

private:
    // Unified limits count resources from the flavor alone, in the API, so a flavor that no
    // scheduler would take is an error here already.
    // spec: nova-vtpm §REQ-9
    [[nodiscard]] http::Outcome<void> check_unified_limits(const ServerRecord& server) const {
        if (api_.quota_driver != "unified-limits")
            return {};
        const auto device = vtpm_constraint(server.flavor.request(), ImageRequest{});
        if (!device)
            return unexpected_api_error("nova.exception.Invalid");
        return {};
    }

    Api& api_;
    Context& cloud_;
};

// One route for each schema of its body, over the microversions where that holds.
void add_versioned(std::vector<http::Route>& routes, const http::Route& route,
                   const SchemaHistory& history) {
    for (auto entry = history.begin(); entry != history.end(); ++entry) {
        auto one = route;
        one.body = http::Body::json;
        one.schema = std::make_shared<http::Schema>(entry->second);
        one.since = {2, entry->first};
        if (const auto next = std::next(entry); next != history.end())
            one.until = {2, next->first - 1};
        routes.push_back(std::move(one));
    }
}

} // namespace

std::vector<http::Route> server_routes(Api& api) {
    const auto servers = std::make_shared<Servers>(api);
    const auto list = [servers](const http::Request& r) {
        return servers->list(r, "os_compute_api:servers:index",
                             [](const Api&, const http::Request& request, const ServerRecord& s) {
                                 return server_summary(request, s);
                             });
    };
    const auto detail = [servers](const http::Request& r) {
        return servers->list(r, "os_compute_api:servers:detail", server_detail);
    };
    std::vector<http::Route> routes = {
        {"GET", "/v2.1/servers", list},
        {"GET", "/v2.1/servers/detail", detail},
        {"GET", "/v2.1/servers/{server_id}",
         [servers](const http::Request& r) { return servers->show(r); }},
        {"DELETE", "/v2.1/servers/{server_id}",
         [servers](const http::Request& r) { return servers->remove(r); }}};
    add_versioned(
        routes,
        {"POST", "/v2.1/servers", [servers](const http::Request& r) { return servers->create(r); }},
        server_create_schemas());
    add_versioned(routes,
                  {"PUT", "/v2.1/servers/{server_id}",
                   [servers](const http::Request& r) { return servers->update(r); }},
                  server_update_schemas());
    return routes;
}

} // namespace vtpmlab::cloud
