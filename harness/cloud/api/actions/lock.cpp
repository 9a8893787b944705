// lock and unlock

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using Answer = http::Outcome<http::Response>;

Answer set_lock(const ActionCall& call, bool locked, std::optional<std::string> reason) {
    auto& cloud = call.api.cloud;
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, call.server, locked ? "lock" : "unlock");
    VTPMLAB_CHECK(
        or_unexpected(cloud.store.change_server(call.server.id, [&](ServerRecord& record) {
            record.locked = locked;
            record.locked_reason = std::move(reason);
            record.updated_at = cloud.clock->now();
        })));
    return http::Response::empty(202);
}

Answer lock(const ActionCall& call) {
    std::optional<std::string> reason;
    if (call.body.is_object()) {
        if (call.request.microversion < http::Microversion{2, 73} && !call.body.empty())
            return http::refuse(400, fmt::format("Invalid input for field/attribute lock. Value: "
                                                 "{}. {} is not of type 'null'",
                                                 call.body.dump(), call.body.dump()));
        if (call.body.contains("locked_reason"))
            reason = call.body["locked_reason"];
    }
    return set_lock(call, true, std::move(reason));
}

Answer unlock(const ActionCall& call) { return set_lock(call, false, std::nullopt); }

} // namespace

std::vector<ServerAction> lock_actions() {
    return {
        {"lock", body_schema("lock", R"({
            "type": ["object", "null"], "additionalProperties": false,
            "properties": {"locked_reason": {"type": "string", "minLength": 1,
                                             "maxLength": 255}}})"),
         "os_compute_api:os-lock-server:lock", Need::project_member, lock},
        {"unlock", bare_schema("unlock"), "os_compute_api:os-lock-server:unlock",
         Need::project_member, unlock},
    };
}

} // namespace vtpmlab::cloud
