// lock and unlock

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"

namespace vtpmlab::cloud {
namespace {

using Answer = http::Outcome<http::Response>;

// A server's own project locks it as its owner, anybody else as an administrator.
const char* role_of(const ActionCall& call) {
    return call.request.caller->project_id == call.server.project_id ? "owner" : "admin";
}

Answer set_lock(const ActionCall& call, const std::function<void(ServerRecord&)>& change,
                const char* action) {
    auto& cloud = call.api.cloud;
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, call.server, action);
    VTPMLAB_CHECK(
        or_unexpected(cloud.store.change_server(call.server.id, [&](ServerRecord& record) {
            change(record);
            record.updated_at = cloud.clock->now();
        })));
    return http::Response::empty(202);
}

Answer lock(const ActionCall& call) {
    const std::string role = role_of(call);
    // An owner cannot make an administrator's lock their own.
    if (call.server.locked && role == "owner")
        return http::Response::empty(202);
    std::optional<std::string> reason;
    if (call.request.microversion >= http::Microversion{2, 73} && call.body.is_object() &&
        call.body.contains("locked_reason"))
        reason = call.body["locked_reason"];
    return set_lock(
        call,
        [&](ServerRecord& record) {
            record.locked = true;
            record.locked_by = role;
            record.locked_reason = reason;
        },
        "lock");
}

Answer unlock(const ActionCall& call) {
    if (call.server.locked && call.server.locked_by != role_of(call))
        VTPMLAB_CHECK(authorize(call.api.cloud.profile, *call.request.caller, Need::admin,
                                "os_compute_api:os-lock-server:unlock:unlock_override", ""));
    return set_lock(
        call,
        [](ServerRecord& record) {
            record.locked = false;
            record.locked_by.clear();
            record.locked_reason.reset();
        },
        "unlock");
}

} // namespace

std::vector<ServerAction> lock_actions() {
    return {
        {"lock",
         // Before 2.73 nobody looked at the value.
         SchemaHistory{{1, bare_schema("lock")}, {73, body_schema("lock", R"({
            "type": ["object", "null"], "additionalProperties": false,
            "properties": {"locked_reason": {"type": "string", "minLength": 1,
                                             "maxLength": 255}}})")}},
         "os_compute_api:os-lock-server:lock", Need::project_member, lock},
        {"unlock", bare_schema("unlock"), "os_compute_api:os-lock-server:unlock",
         Need::project_member, unlock},
    };
}

} // namespace vtpmlab::cloud
