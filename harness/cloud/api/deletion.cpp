#include "cloud/api/deletion.h"

#include "cloud/action_log.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_access.h"
#include "cloud/state/state_rules.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

http::Outcome<void> begin_deletion(Api& api, const http::Request& request,
                                   const ServerRecord& server, std::string_view state_rule,
                                   Conductor::Removal removal) {
    auto& cloud = api.cloud;
    VTPMLAB_TRY(auto requester, requester_of(cloud, request));
    bool begins = false;
    std::optional<std::string> violation;
    VTPMLAB_TRY(const auto changed,
                or_unexpected(cloud.store.change_server(server.id, [&](ServerRecord& record) {
                    violation = state_violation(*find_state_rule(state_rule), record,
                                                is_admin(*request.caller));
                    begins = !violation && !is_deletion(record.task_state);
                    if (!begins)
                        return;
                    if (!record.launched_at || is_move(record.task_state))
                        removal = Conductor::Removal::final;
                    record.task_state = removal == Conductor::Removal::soft
                                            ? TaskState::soft_deleting
                                            : TaskState::deleting;
                    record.updated_at = cloud.clock->now();
                })));
    if (!changed)
        return http::refuse(404, fmt::format("Instance {} could not be found.", server.id));
    if (violation)
        return http::refuse(409, std::move(*violation));
    if (!begins)
        return {};
    begin_action(cloud, *requester, *changed, "delete");
    api.conductor.remove(std::move(requester), server.id, removal);
    return {};
}

} // namespace vtpmlab::cloud
