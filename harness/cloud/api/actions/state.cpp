// os-resetState, forceDelete, restore

#include "cloud/action_log.h"
#include "cloud/api/deletion.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {
namespace {

using Answer = http::Outcome<http::Response>;

// The record alone: nobody asks the host.
Answer reset_state(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(
        or_unexpected(cloud.store.change_server(call.server.id, [&](ServerRecord& record) {
            record.vm_state = call.body.at("state") == "active" ? VmState::active : VmState::error;
            record.task_state = TaskState::none;
            record.updated_at = cloud.clock->now();
        })));
    return http::Response::empty(202);
}

Answer force_delete(const ActionCall& call) {
    VTPMLAB_CHECK(begin_deletion(call.api, call.request, call.server, "forceDelete",
                                 Conductor::Removal::final));
    return http::Response::empty(202);
}

Answer restore(const ActionCall& call) {
    return cast(call, "restore", "restore", restore_instance());
}

} // namespace

std::vector<ServerAction> state_actions() {
    return {
        {"os-resetState", body_schema("os-resetState", R"({
            "type": "object", "required": ["state"], "additionalProperties": false,
            "properties": {"state": {"type": "string", "enum": ["active", "error"]}}})"),
         "os_compute_api:os-admin-actions:reset_state", Need::admin, reset_state},
        {"forceDelete", bare_schema("forceDelete"), "os_compute_api:os-deferred-delete:force",
         Need::project_member, force_delete},
        {"restore", bare_schema("restore"), "os_compute_api:os-deferred-delete:restore",
         Need::project_member, restore},
    };
}

} // namespace vtpmlab::cloud
