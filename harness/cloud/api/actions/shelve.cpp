// shelve, shelveOffload, unshelve, evacuate: refused to a vTPM server. spec: nova-vtpm §5.6

#include "cloud/action_log.h"
#include "cloud/api/parameter_types.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/api/server_request.h"
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
    const auto begun = begin(call, "shelve");
    if (!begun) { // somebody else was sooner
        if (const auto removed = ImageService(requester->with_service).remove(*image); !removed)
            cloud.log.warning("nova-api", removed.error().message);
        return tl::unexpected(begun.error());
    }
    const auto& server = *begun;
    begin_action(cloud, *requester, server, "shelve");
    call.api.conductor.perform(std::move(requester), server.id, shelve_instance(*image));
    return http::Response::empty(202);
}

// A server is offloaded at once (shelved_offload_time is 0), so none is ever only SHELVED.
Answer offload(const ActionCall& call) {
    VTPMLAB_CHECK(check_state(call, "shelveOffload"));
    return http::Response::empty(202);
}

// From 2.77 on to a zone, from 2.91 on to a host or to no certain zone any more.
Answer unshelve(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    const auto wanted = [&](const char* key) {
        return call.body.is_object() && call.body.contains(key) &&
               call.request.microversion >= http::Microversion{2, 77};
    };
    if (wanted("host"))
        VTPMLAB_CHECK(authorize(cloud.profile, *call.request.caller, Need::admin,
                                "os_compute_api:os-shelve:unshelve_to_host", ""));
    VTPMLAB_CHECK(check_state(call, "unshelve"));
    std::optional<std::string> zone;
    if (wanted("availability_zone")) {
        const auto& asked = call.body["availability_zone"];
        zone = asked.is_null() ? std::string() : asked.get<std::string>();
        if (!zone->empty() && *zone != compute_zone)
            return http::refuse(400, "The requested availability zone is not available");
    }
    const auto host = wanted("host") ? call.body["host"].get<std::string>() : std::string();
    if (!host.empty() && !call.api.conductor.has_host(host))
        return http::refuse(400, fmt::format("Compute host {} could not be found.", host));
    VTPMLAB_TRY(const auto server, begin(call, "unshelve", [&](ServerRecord& record) {
                    record.requested_zone = zone.value_or(record.requested_zone);
                    record.requested_host = host;
                }));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, "unshelve");
    call.api.conductor.unshelve(std::move(requester), server.id);
    return http::Response::empty(202);
}

Answer evacuate(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    const auto& body = call.body;
    // The password went with 2.14.
    const bool tells_password = call.request.microversion < http::Microversion{2, 14};
    const bool keeps_disk = is_true(body.value("onSharedStorage", nlohmann::json(false)));
    if (keeps_disk && body.contains("adminPass"))
        return http::refuse(400, "admin password can't be changed on existing disk");
    const auto host = body.value("host", std::string());
    if (is_true(body.value("force", nlohmann::json(false))) && host.empty())
        return http::refuse(400, "Can't force to a non-provided destination");
    if (!host.empty() && !call.api.conductor.has_host(host))
        return http::refuse(404, fmt::format("Compute host {} not found.", host));
    if (host == call.server.host && !host.empty())
        return http::refuse(400, "The target host can't be the same one.");
    VTPMLAB_CHECK(refuse_for_vtpm(call, "evacuate"));
    VTPMLAB_CHECK(check_state(call, "evacuate"));
    if (const auto* source = call.api.conductor.on_host(call.server.host);
        source && source->is_seen_up())
        return http::refuse(
            400, fmt::format("Compute service of {} is still in use.", call.server.host));
    VTPMLAB_TRY(const auto server, begin(call, "evacuate"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, "evacuate");
    // From 2.95 on nobody starts a guest for its owner: that may take a secret of the owner's.
    const auto after = call.request.microversion >= http::Microversion{2, 95}
                           ? AfterEvacuation::stopped
                           : AfterEvacuation::as_before;
    call.api.conductor.evacuate(std::move(requester), server.id, host, after);
    if (!tells_password)
        return http::Response::empty(200);
    const auto password = body.value("adminPass", random_uuid().substr(24));
    return http::Response::json(
        200, {{"adminPass", keeps_disk ? nlohmann::json() : nlohmann::json(password)}});
}

SchemaHistory unshelve_schemas() {
    return {
        {1, bare_schema("unshelve")},
        {77, body_schema("unshelve", fmt::format(R"({{"type": ["object", "null"],
                "required": ["availability_zone"], "additionalProperties": false,
                "properties": {{"availability_zone": {}}}}})",
                                                 parameter::name))},
        {91, body_schema("unshelve", fmt::format(R"({{"type": ["object", "null"],
                "minProperties": 1, "additionalProperties": false,
                "properties": {{"availability_zone": {}, "host": {}}}}})",
                                                 parameter::name_or_none, parameter::host_name))}};
}

SchemaHistory evacuate_schemas() {
    const auto body = [](const char* required, const std::string& more) {
        return body_schema("evacuate", fmt::format(R"({{"type": "object", "required": [{}],
            "additionalProperties": false,
            "properties": {{"host": {}, "adminPass": {{"type": "string"}}{}}}}})",
                                                   required, parameter::host_name, more));
    };
    const std::string boolean = parameter::boolean;
    return {{1, body(R"("onSharedStorage")", R"(, "onSharedStorage": )" + boolean)},
            {14, body("", "")},
            {29, body("", R"(, "force": )" + boolean)},
            {68, body("", "")}};
}

} // namespace

std::vector<ServerAction> shelve_actions() {
    return {
        {"shelve", bare_schema("shelve"), "os_compute_api:os-shelve:shelve", Need::project_member,
         shelve},
        {"shelveOffload", bare_schema("shelveOffload"), "os_compute_api:os-shelve:shelve_offload",
         Need::admin, offload},
        {"unshelve", unshelve_schemas(), "os_compute_api:os-shelve:unshelve", Need::project_member,
         unshelve},
        {"evacuate", evacuate_schemas(), "os_compute_api:os-evacuate", Need::admin, evacuate},
    };
}

} // namespace vtpmlab::cloud
