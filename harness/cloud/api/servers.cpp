// /servers

#include "cloud/action_log.h"
#include "cloud/api/api.h"
#include "cloud/api/flavor_view.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_request.h"
#include "cloud/api/server_view.h"
#include "cloud/compute/operations/operations.h"
#include "cloud/state/state_rules.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <regex>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

// Nova's own generated password: twelve characters. No guest here ever gets it.
std::string new_password() { return random_uuid().substr(24); }

constexpr const char* server_update_schema = R"({"type": "object", "required": ["server"],
    "additionalProperties": false, "properties": {"server": {"type": "object",
        "additionalProperties": false, "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": {"type": ["string", "null"], "maxLength": 255},
            "hostname": {"type": "string", "minLength": 2, "maxLength": 63},
            "accessIPv4": {"type": ["string", "null"]},
            "accessIPv6": {"type": ["string", "null"]},
            "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]}}}}})";

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
        VTPMLAB_TRY(auto order, read_create_order(cloud_, request, body, images));
        const auto& host = order.servers.front().requested_host;
        if (!host.empty() && !api_.conductor.has_host(host))
            return http::refuse(400, fmt::format("Compute host {} could not be found.", host));
        VTPMLAB_CHECK(check_unified_limits(order.servers.front()));
        for (auto& server : order.servers)
            VTPMLAB_CHECK(or_unexpected(cloud_.store.add_server(server)));
        for (const auto& server : order.servers)
            begin_action(cloud_, *requester, server, "create");
        const auto first = order.servers.front();
        api_.conductor.build(requester, std::move(order.servers));
        if (order.wants_reservation)
            return http::Response::json(202, {{"reservation_id", first.reservation_id}});
        return http::Response::json(202, {{"server",
                                           {{"id", first.id},
                                            {"links", resource_links(request, "servers", first.id)},
                                            {"OS-DCF:diskConfig", "MANUAL"},
                                            {"security_groups", {{{"name", "default"}}}},
                                            {"adminPass", new_password()}}}})
            .with("Location", request.base_url + "/v2.1/servers/" + first.id);
    }

    [[nodiscard]] Answer list(const http::Request& request, const char* rule,
                              json (*view)(const http::Request&, const ServerRecord&)) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader, rule,
                                project_of(request)));
        ServerFilter filter;
        filter.project_id = project_of(request);
        if (const auto* all = request.query.find("all_tenants"); all && *all != "0") {
            VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                    std::string(rule) + ":get_all_tenants", ""));
            filter.project_id.clear();
        }
        VTPMLAB_TRY(const auto found, or_unexpected(cloud_.store.servers(filter)));
        VTPMLAB_TRY(const auto name, name_filter(request));
        const auto* status = request.query.find("status");
        auto shown = json::array();
        for (const auto& server : found)
            if ((!name || std::regex_search(server.name, *name)) &&
                (!status || *status == server_status(server.vm_state, server.task_state)))
                shown.push_back(view(request, server));
        return http::Response::json(200, {{"servers", shown}});
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader,
                                "os_compute_api:servers:show", server.project_id));
        return http::Response::json(200, {{"server", server_detail(request, server)}});
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_member,
                                "os_compute_api:servers:delete", server.project_id));
        VTPMLAB_TRY(auto requester, requester_of(cloud_, request));
        if (is_soft_delete(server))
            return soft_delete(request, server, std::move(requester));
        bool begins = false;
        std::optional<std::string> violation;
        VTPMLAB_CHECK(
            or_unexpected(cloud_.store.change_server(server.id, [&](ServerRecord& record) {
                violation =
                    state_violation(*find_state_rule("delete"), record, is_admin(*request.caller));
                if (violation)
                    return;
                begins = record.task_state != TaskState::deleting;
                record.task_state = TaskState::deleting;
                record.updated_at = cloud_.clock->now();
            })));
        if (violation)
            return http::refuse(409, *violation);
        // A second request while the first still works changes nothing.
        if (begins) {
            begin_action(cloud_, *requester, server, "delete");
            api_.conductor.remove(std::move(requester), server.id);
        }
        return http::Response::empty(204);
    }

    [[nodiscard]] Answer update(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_member,
                                "os_compute_api:servers:update", server.project_id));
        VTPMLAB_TRY(const auto body, request.json());
        const auto& wanted = body.at("server");
        for (const auto& [key, since] : {std::pair{"description", 19}, std::pair{"hostname", 90}})
            if (wanted.contains(key) && request.microversion < http::Microversion{2, since})
                return http::refuse(400, fmt::format("Invalid input for field/attribute server. "
                                                     "Additional properties are not allowed ('{}' "
                                                     "was unexpected)",
                                                     key));
        VTPMLAB_TRY(const auto changed,
                    or_unexpected(cloud_.store.change_server(server.id, [&](ServerRecord& record) {
                        record.name = wanted.value("name", record.name);
                        record.hostname = wanted.value("hostname", record.hostname);
                        if (const auto text = wanted.find("description"); text != wanted.end())
                            record.description = text->is_null()
                                                     ? std::nullopt
                                                     : std::optional(text->get<std::string>());
                        record.updated_at = cloud_.clock->now();
                    })));
        if (!changed)
            return http::refuse(404, fmt::format("Instance {} could not be found.", server.id));
        return http::Response::json(200, {{"server", server_detail(request, *changed)}});
    }

private:
    // spec: nova-vtpm §LIF-DEL-6
    [[nodiscard]] bool is_soft_delete(const ServerRecord& server) const {
        return cloud_.options.reclaim_instance_interval.count() > 0 && server.launched_at &&
               !server.host.empty() && server.vm_state != VmState::soft_deleted &&
               server.vm_state != VmState::error && server.task_state == TaskState::none;
    }

    [[nodiscard]] Answer soft_delete(const http::Request& request, const ServerRecord& server,
                                     std::shared_ptr<Requester> requester) const {
        if (auto violation =
                state_violation(*find_state_rule("delete"), server, is_admin(*request.caller)))
            return http::refuse(409, std::move(*violation));
        VTPMLAB_CHECK(
            or_unexpected(cloud_.store.change_server(server.id, [&](ServerRecord& record) {
                record.task_state = TaskState::soft_deleting;
                record.updated_at = cloud_.clock->now();
            })));
        begin_action(cloud_, *requester, server, "delete");
        api_.conductor.perform(std::move(requester), server.id, soft_delete_instance());
        return http::Response::empty(204);
    }

    // The name is a regular expression, as Nova hands it to its database.
    static http::Outcome<std::optional<std::regex>> name_filter(const http::Request& request) {
        const auto* text = request.query.find("name");
        if (!text || text->size() > 255)
            return std::nullopt;
        try {
            return std::regex(*text, std::regex::extended);
        } catch (const std::regex_error&) {
            return http::refuse(400, fmt::format("Invalid input for query parameters name. Value: "
                                                 "{}. '{}' is not a regular expression",
                                                 *text, *text));
        }
    }

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

} // namespace

std::vector<http::Route> server_routes(Api& api) {
    const auto servers = std::make_shared<Servers>(api);
    const auto create = [servers](const http::Request& r) { return servers->create(r); };
    const auto list = [servers](const http::Request& r) {
        return servers->list(r, "os_compute_api:servers:index", server_summary);
    };
    const auto detail = [servers](const http::Request& r) {
        return servers->list(r, "os_compute_api:servers:detail", server_detail);
    };
    const auto show = [servers](const http::Request& r) { return servers->show(r); };
    const auto remove = [servers](const http::Request& r) { return servers->remove(r); };
    return {{"POST", "/v2.1/servers", create, http::Access::token, http::Body::json,
             std::make_shared<http::Schema>(server_create_schema())},
            {"GET", "/v2.1/servers", list},
            {"GET", "/v2.1/servers/detail", detail},
            {"GET", "/v2.1/servers/{server_id}", show},
            {"PUT", "/v2.1/servers/{server_id}",
             [servers](const http::Request& r) { return servers->update(r); }, http::Access::token,
             http::Body::json, std::make_shared<http::Schema>(server_update_schema)},
            {"DELETE", "/v2.1/servers/{server_id}", remove}};
}

} // namespace vtpmlab::cloud
