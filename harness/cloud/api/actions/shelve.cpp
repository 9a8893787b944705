// shelve, shelveOffload, unshelve, evacuate: refused to a vTPM server. spec: nova-vtpm §5.6

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/compute/operations/operations.h"
#include "cloud/neighbours/image_service.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using Answer = http::Outcome<http::Response>;

Answer shelve(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(refuse_for_vtpm(call, "shelve"));
    VTPMLAB_CHECK(check_state(call, "shelve"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    auto image =
        ImageService(requester->with_service)
            .create(call.server.name + "-shelved", snapshot_properties(call.server, "snapshot"));
    if (!image)
        return unexpected_api_error("glanceclient.exc.HTTPException");
    VTPMLAB_TRY(const auto server, begin(call, "shelve"));
    begin_action(cloud, *requester, server, "shelve");
    call.api.conductor.perform(std::move(requester), server.id, shelve_instance(*image));
    return http::Response::empty(202);
}

// A server is offloaded at once (shelved_offload_time is 0), so none is ever only SHELVED.
Answer offload(const ActionCall& call) {
    VTPMLAB_CHECK(check_state(call, "shelveOffload"));
    return http::Response::empty(202);
}

Answer unshelve(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_TRY(const auto server, begin(call, "unshelve"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, "unshelve");
    call.api.conductor.unshelve(std::move(requester), server.id);
    return http::Response::empty(202);
}

Answer evacuate(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(refuse_for_vtpm(call, "evacuate"));
    const auto host = call.body.value("host", std::string());
    if (!host.empty() && !call.api.conductor.has_host(host))
        return http::refuse(404, fmt::format("Compute host {} not found.", host));
    if (host == call.server.host && !host.empty())
        return http::refuse(400, "The target host can't be the same one.");
    VTPMLAB_CHECK(check_state(call, "evacuate"));
    if (const auto* source = call.api.conductor.on_host(call.server.host);
        source && source->is_seen_up())
        return http::refuse(
            400, fmt::format("Compute service of {} is still in use.", call.server.host));
    VTPMLAB_TRY(const auto server, begin(call, "evacuate"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, "evacuate");
    call.api.conductor.evacuate(std::move(requester), server.id, host);
    return http::Response::json(200, {{"adminPass", random_uuid().substr(24)}});
}

} // namespace

std::vector<ServerAction> shelve_actions() {
    return {
        {"shelve", bare_schema("shelve"), "os_compute_api:os-shelve:shelve", Need::project_member,
         shelve},
        {"shelveOffload", bare_schema("shelveOffload"), "os_compute_api:os-shelve:shelve_offload",
         Need::admin, offload},
        {"unshelve", bare_schema("unshelve"), "os_compute_api:os-shelve:unshelve",
         Need::project_member, unshelve},
        {"evacuate", body_schema("evacuate", R"({
            "type": "object", "additionalProperties": false,
            "properties": {"host": {"type": "string", "minLength": 1},
                           "adminPass": {"type": "string"},
                           "onSharedStorage": {"type": ["boolean", "string"]},
                           "force": {"type": ["boolean", "string"]}}})"),
         "os_compute_api:os-evacuate", Need::admin, evacuate},
    };
}

} // namespace vtpmlab::cloud
