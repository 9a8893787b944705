// /servers/{id}/os-instance-actions: what was asked of a server and how it went. Also of a server
// that is gone, from 2.21 on.

#include "cloud/api/api.h"
#include "cloud/api/json_values.h"
#include "cloud/api/paging.h"
#include "cloud/api/policy.h"
#include "cloud/api/query_check.h"
#include "cloud/api/server_view.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;
using Kind = QueryField::Kind;

json summary(const http::Request& request, const InstanceAction& action) {
    json view = {{"action", action.action},
                 {"instance_uuid", action.server_id},
                 {"request_id", action.request_id},
                 {"user_id", action.user_id},
                 {"project_id", action.project_id},
                 {"start_time", http::timestamp_naive(action.started_at)},
                 {"message", action.has_failed ? json("Error") : json()}};
    if (request.microversion >= http::Microversion{2, 58})
        view["updated_at"] = http::timestamp_naive(action.updated_at);
    return view;
}

json event_view(const http::Request& request, const InstanceAction& action,
                const ActionEvent& event) {
    const auto since = [&](int minor) {
        return request.microversion >= http::Microversion{2, minor};
    };
    const bool for_admin = is_admin(*request.caller);
    json view = {{"event", event.name},
                 {"start_time", http::timestamp_naive(event.started_at)},
                 {"finish_time", time_or_null(event.finished_at)},
                 {"result", event.finished_at ? json(event.error ? "Error" : "Success") : json()}};
    if (for_admin)
        view["traceback"] = event.error ? json(*event.error) : json();
    if (since(62)) {
        view["hostId"] = host_digest(action.project_id, event.host);
        if (for_admin)
            view["host"] = event.host.empty() ? json() : json(event.host);
    }
    if (since(84) && for_admin)
        view["details"] = event.error ? json(*event.error) : json();
    return view;
}

class InstanceActions {
public:
    explicit InstanceActions(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        const auto since = [&](int minor) { return request.microversion.minor >= minor; };
        VTPMLAB_CHECK(check_query(request,
                                  {{"limit", Kind::number, 58},
                                   {"marker", Kind::text, 58},
                                   {"changes-since", Kind::time, 58},
                                   {"changes-before", Kind::time, 66}},
                                  58));
        VTPMLAB_TRY(auto actions, find(request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader,
                                "os_compute_api:os-instance-actions:list", project(request)));
        json body;
        if (since(58)) {
            VTPMLAB_CHECK(filter(request, actions));
            VTPMLAB_TRY(const auto next,
                        cut_page(request, actions, UnknownMarker::as_sentence,
                                 [](const InstanceAction& action) { return action.request_id; }));
            if (!next.empty())
                body["links"] = {{{"rel", "next"}, {"href", next}}};
        }
        body["instanceActions"] = json::array();
        for (const auto& action : actions)
            body["instanceActions"].push_back(summary(request, action));
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto actions, find(request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::project_reader,
                                "os_compute_api:os-instance-actions:show", project(request)));
        const auto& id = request.parameter("request_id");
        for (const auto& action : actions) {
            if (action.request_id != id)
                continue;
            json view = summary(request, action);
            // Events were for administrators only before 2.51.
            if (is_admin(*request.caller) || request.microversion >= http::Microversion{2, 51}) {
                view["events"] = json::array();
                for (auto event = action.events.rbegin(); event != action.events.rend(); ++event)
                    view["events"].push_back(event_view(request, action, *event));
            }
            return http::Response::json(200, {{"instanceAction", view}});
        }
        return http::refuse(404, fmt::format("Action {} not found", id));
    }

private:
    static http::Outcome<void> filter(const http::Request& request,
                                      std::vector<InstanceAction>& actions) {
        const auto time = [&](const char* name) {
            const auto* text = request.query.find(name);
            return text ? http::parse_timestamp(*text) : std::nullopt;
        };
        const auto from = time("changes-since"), to = time("changes-before");
        if (from && to && *to < *from)
            return http::refuse(
                400, "The value of changes-since must be less than or equal to changes-before.");
        std::erase_if(actions, [&](const InstanceAction& action) {
            return (from && action.updated_at < *from) || (to && action.updated_at > *to);
        });
        return {};
    }

    // A caller who gets this far is of the server's project, or an administrator.
    static std::string project(const http::Request& request) { return request.caller->project_id; }

    [[nodiscard]] http::Outcome<std::vector<InstanceAction>>
    find(const http::Request& request) const {
        const auto& id = request.parameter("server_id");
        VTPMLAB_TRY(const auto server, or_unexpected(cloud_.store.server(id)));
        VTPMLAB_TRY(auto actions, or_unexpected(cloud_.store.actions(id)));
        const bool sees_deleted = request.microversion >= http::Microversion{2, 21};
        const auto owner = server                             ? server->project_id
                           : sees_deleted && !actions.empty() ? actions.front().server_project_id
                                                              : std::string();
        if (owner.empty() || (owner != request.caller->project_id && !is_admin(*request.caller)))
            return http::refuse(404, fmt::format("Instance {} could not be found.", id));
        return actions;
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> instance_action_routes(Api& api) {
    const auto actions = std::make_shared<InstanceActions>(api);
    return {{"GET", "/v2.1/servers/{server_id}/os-instance-actions",
             [actions](const http::Request& r) { return actions->list(r); }},
            {"GET", "/v2.1/servers/{server_id}/os-instance-actions/{request_id}",
             [actions](const http::Request& r) { return actions->show(r); }}};
}

} // namespace vtpmlab::cloud
