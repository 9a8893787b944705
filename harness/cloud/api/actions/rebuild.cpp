// rebuild, rescue, unrescue: refused to a vTPM server. spec: nova-vtpm §5.6

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/api/server_request.h"
#include "cloud/api/server_view.h"
#include "cloud/compute/operations/operations.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

http::Outcome<ImageCopy> find_image(Requester& requester, const std::string& id,
                                    const char* not_found) {
    ImageService glance(requester.with_service);
    auto image = glance.show(id);
    if (!image)
        return unexpected_api_error("glanceclient.exc.CommunicationError");
    if (!*image)
        return http::refuse(400, not_found);
    auto copy = std::move((*image)->copy);
    if (copy.status != "active")
        return http::refuse(400, fmt::format("Image {} is not active.", copy.id));
    if (auto violation = image_metadata_violation(copy))
        return http::refuse(400, std::move(*violation));
    return copy;
}

// The system metadata that begins with image_ is the new image's from now on.
void replace_image(ServerRecord& server, ImageCopy image) {
    std::erase_if(server.system_metadata,
                  [](const auto& entry) { return entry.first.starts_with("image_"); });
    server.system_metadata["image_base_image_ref"] = image.id;
    for (const auto& [key, value] : image.properties)
        server.system_metadata["image_" + key] = value;
    server.image = std::move(image);
}

// What a rebuild changes of the record; null takes away.
void take_over(const json& body, ServerRecord& server) {
    const auto text = [&](const char* key, std::optional<std::string>& value) {
        if (const auto found = body.find(key); found != body.end())
            value = found->is_null() ? std::nullopt : std::optional(found->get<std::string>());
    };
    server.name = body.value("name", server.name);
    server.metadata = body.value("metadata", server.metadata);
    server.hostname = body.value("hostname", server.hostname);
    server.access_ip_v4 = body.value("accessIPv4", server.access_ip_v4);
    server.access_ip_v6 = body.value("accessIPv6", server.access_ip_v6);
    server.disk_config = body.value("OS-DCF:diskConfig", server.disk_config);
    text("description", server.description);
    text("user_data", server.user_data);
    if (const auto key = body.find("key_name"); key != body.end())
        server.key_name = key->is_null() ? std::string() : key->get<std::string>();
    if (const auto ids = body.find("trusted_image_certificates"); ids != body.end())
        server.trusted_certificates =
            ids->is_null() ? std::vector<std::string>() : ids->get<std::vector<std::string>>();
}

std::string password_of(const json& body) {
    return body.value("adminPass", random_uuid().substr(24));
}

Answer rebuild(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(refuse_for_vtpm(call, "rebuild"));
    VTPMLAB_CHECK(check_state(call, "rebuild"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    VTPMLAB_TRY(auto image,
                find_image(*requester, call.body.at("imageRef"), "Cannot find image for rebuild"));
    const auto& body = call.body;
    VTPMLAB_CHECK(check_user_data(body));
    if (body.contains("key_name") && body["key_name"].is_string())
        VTPMLAB_CHECK(check_key_name(cloud, call.request, body["key_name"]));
    const bool was_stopped = call.server.vm_state == VmState::stopped;
    VTPMLAB_TRY(const auto server, begin(call, "rebuild", [&](ServerRecord& record) {
                    replace_image(record, image);
                    take_over(body, record);
                }));
    begin_action(cloud, *requester, server, "rebuild");
    auto view = server_detail(call.api, call.request, server);
    view["adminPass"] = password_of(body);
    call.api.conductor.perform(
        std::move(requester), server.id,
        rebuild_instance(was_stopped ? AfterRebuild::stop : AfterRebuild::run));
    return http::Response::json(202, {{"server", view}})
        .with("Location", call.request.base_url + "/v2.1/servers/" + server.id);
}

Answer rescue(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(refuse_for_vtpm(call, "rescue"));
    VTPMLAB_CHECK(check_state(call, "rescue"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    auto image = call.server.image;
    if (call.body.is_object() && call.body.contains("rescue_image_ref")) {
        VTPMLAB_TRY(image, find_image(*requester, call.body["rescue_image_ref"],
                                      "Can not find requested image"));
    }
    VTPMLAB_TRY(const auto server,
                begin(call, "rescue", [&](ServerRecord& record) { record.rescue_image = image; }));
    begin_action(cloud, *requester, server, "rescue");
    call.api.conductor.perform(std::move(requester), server.id, rescue_instance());
    return http::Response::json(
        200, {{"adminPass", password_of(call.body.is_object() ? call.body : json::object())}});
}

Answer unrescue(const ActionCall& call) {
    return cast(call, "unrescue", "unrescue", unrescue_instance());
}

} // namespace

std::vector<ServerAction> rebuild_actions() {
    return {
        {"rebuild", rebuild_schemas(), "os_compute_api:servers:rebuild", Need::project_member,
         rebuild},
        {"rescue", body_schema("rescue", R"({
            "type": ["object", "null"], "additionalProperties": false,
            "properties": {"adminPass": {"type": "string"},
                           "rescue_image_ref": {"type": "string", "minLength": 1}}})"),
         "os_compute_api:os-rescue", Need::project_member, rescue},
        {"unrescue", bare_schema("unrescue"), "os_compute_api:os-unrescue", Need::project_member,
         unrescue},
    };
}

} // namespace vtpmlab::cloud
