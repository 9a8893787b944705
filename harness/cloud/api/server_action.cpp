#include "cloud/api/server_action.h"

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <optional>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

struct Entry {
    ServerAction action;
    std::map<int, http::Schema> schemas; // under the minor they hold from

    [[nodiscard]] const http::Schema& schema(http::Microversion version) const {
        return std::prev(schemas.upper_bound(version.minor))->second;
    }
};

class ServerActions {
public:
    explicit ServerActions(Api& api) : api_(api) {
        for (auto family : {console_actions, power_actions, lock_actions, move_actions,
                            rebuild_actions, shelve_actions, image_actions, state_actions})
            for (auto& action : family()) {
                auto& entry = entries_[action.name];
                for (const auto& [minor, text] : action.schemas.history)
                    entry.schemas.emplace(minor, http::Schema(text));
                entry.action = std::move(action);
            }
    }

    [[nodiscard]] Answer run(const http::Request& request) const {
        VTPMLAB_TRY(const auto body, request.json());
        if (!body.is_object() || body.size() != 1)
            return http::refuse(400, "Malformed request body");
        const auto& name = body.begin().key();
        const auto found = entries_.find(name);
        if (found == entries_.end())
            return http::refuse(400, fmt::format("There is no such action: {}", name));
        const auto& action = found->second.action;
        if (const auto violation = found->second.schema(request.microversion).violation(body))
            return tl::unexpected(nova_dialect()->schema_violation(request, *violation));
        VTPMLAB_TRY(const auto server, find_server(api_.cloud, request));
        // The operator's policy.
        const auto need = action.need == Need::migrator && api_.cloud.options.members_may_migrate
                              ? Need::project_member
                              : action.need;
        VTPMLAB_CHECK(
            authorize(api_.cloud.profile, *request.caller, need, action.rule, server.project_id));
        return action.run({api_, request, server, body.begin().value()});
    }

private:
    Api& api_;
    std::map<std::string, Entry, std::less<>> entries_;
};

} // namespace

std::string bare_schema(std::string_view name) { return body_schema(name, "{}"); }

std::string body_schema(std::string_view name, std::string_view schema) {
    return fmt::format(R"({{"type": "object", "required": ["{0}"], "properties": {{"{0}": {1}}}}})",
                       name, schema);
}

http::Outcome<void> refuse_for_vtpm(const ActionCall& call, std::string_view operation) {
    // A request that no longer makes sense is not this check's to judge.
    const auto device = call.server.vtpm();
    if (!device || !*device)
        return {};
    return http::refuse(static_cast<int>(call.api.cloud.profile.blocked_operation_status),
                        vtpm_refusal(operation, call.server.id));
}

http::Outcome<void> check_state(const ActionCall& call, std::string_view rule) {
    if (auto violation =
            state_violation(*find_state_rule(rule), call.server, is_admin(*call.request.caller)))
        return http::refuse(409, std::move(*violation));
    return {};
}

http::Outcome<ServerRecord> begin(const ActionCall& call, std::string_view rule_name,
                                  const std::function<void(ServerRecord&)>& change) {
    const auto& rule = *find_state_rule(rule_name);
    auto& cloud = call.api.cloud;
    std::optional<std::string> violation;
    VTPMLAB_TRY(const auto changed,
                or_unexpected(cloud.store.change_server(call.server.id, [&](ServerRecord& record) {
                    violation = state_violation(rule, record, is_admin(*call.request.caller));
                    if (violation)
                        return;
                    if (rule.begins != TaskState::none)
                        record.task_state = rule.begins;
                    record.updated_at = cloud.clock->now();
                    change(record);
                })));
    if (!changed)
        return http::refuse(404, fmt::format("Instance {} could not be found.", call.server.id));
    if (violation)
        return http::refuse(409, *violation);
    return std::move(*changed);
}

Answer cast(const ActionCall& call, std::string_view rule, const std::string& action,
            Operation operation) {
    VTPMLAB_TRY(const auto server, begin(call, rule));
    VTPMLAB_TRY(auto requester, requester_of(call.api.cloud, call.request));
    begin_action(call.api.cloud, *requester, server, action);
    call.api.conductor.perform(std::move(requester), server.id, std::move(operation));
    return http::Response::empty(202);
}

std::vector<http::Route> server_action_routes(Api& api) {
    const auto actions = std::make_shared<ServerActions>(api);
    return {{"POST", "/v2.1/servers/{server_id}/action",
             [actions](const http::Request& r) { return actions->run(r); }, http::Access::token,
             http::Body::json}};
}

} // namespace vtpmlab::cloud
