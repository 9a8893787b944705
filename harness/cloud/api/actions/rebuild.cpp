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

Answer rebuild(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(refuse_for_vtpm(call, "rebuild"));
    VTPMLAB_CHECK(check_state(call, "rebuild"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    VTPMLAB_TRY(auto image,
                find_image(*requester, call.body.at("imageRef"), "Cannot find image for rebuild"));
    const bool was_stopped = call.server.vm_state == VmState::stopped;
    VTPMLAB_TRY(const auto server, begin(call, "rebuild", [&](ServerRecord& record) {
                    replace_image(record, image);
                    record.name = call.body.value("name", record.name);
                    record.metadata = call.body.value("metadata", record.metadata);
                }));
    begin_action(cloud, *requester, server, "rebuild");
    auto view = server_detail(call.request, server);
    view["adminPass"] = random_uuid().substr(24);
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
    return http::Response::json(200, {{"adminPass", random_uuid().substr(24)}});
}

Answer unrescue(const ActionCall& call) {
    return cast(call, "unrescue", "unrescue", unrescue_instance());
}

} // namespace

std::vector<ServerAction> rebuild_actions() {
    return {
        {"rebuild", body_schema("rebuild", R"({
            "type": "object", "required": ["imageRef"], "additionalProperties": false,
            "properties": {"imageRef": {"type": "string", "minLength": 1},
                           "name": {"type": "string", "minLength": 1, "maxLength": 255},
                           "adminPass": {"type": "string"},
                           "description": {"type": ["string", "null"], "maxLength": 255},
                           "metadata": {"type": "object",
                               "additionalProperties": {"type": "string", "maxLength": 255}},
                           "preserve_ephemeral": {"type": ["boolean", "string"]},
                           "key_name": {"type": ["string", "null"]},
                           "user_data": {"type": ["string", "null"]},
                           "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]}}})"),
         "os_compute_api:servers:rebuild", Need::project_member, rebuild},
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
