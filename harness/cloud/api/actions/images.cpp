// createImage, createBackup: the image is made in Glance by the API, with what the server knows
// of itself, and filled by the compute service.
// spec: nova-vtpm §5.10

#include "cloud/action_log.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/compute/operations/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

// [DEFAULT] non_inheritable_image_properties
constexpr std::array<std::string_view, 2> not_inherited = {"cache_in_nova", "bittorrent"};

Answer create(const ActionCall& call, const char* rule, const char* type, Properties more,
              const std::function<Operation(std::string)>& operation) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(check_state(call, rule));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    auto properties = snapshot_properties(call.server, type);
    for (auto& [key, value] : more)
        properties[key] = std::move(value);
    auto image = ImageService(requester->with_service)
                     .create(call.body.at("name").get<std::string>(), properties);
    if (!image)
        return unexpected_api_error("glanceclient.exc.HTTPException");
    const auto begun = begin(call, rule);
    if (!begun) { // somebody else was sooner
        if (const auto removed = ImageService(requester->with_service).remove(*image); !removed)
            cloud.log.warning("nova-api", removed.error().message);
        return tl::unexpected(begun.error());
    }
    const auto& server = *begun;
    begin_action(cloud, *requester, server, rule);
    call.api.conductor.perform(std::move(requester), server.id, operation(*image));
    if (call.request.microversion >= http::Microversion{2, 45})
        return http::Response::json(202, {{"image_id", *image}});
    return http::Response::empty(202).with("Location",
                                           call.request.base_url + "/v2.1/images/" + *image);
}

Answer create_image(const ActionCall& call) {
    return create(call, "createImage", "snapshot",
                  call.body.value("metadata", json::object()).get<Properties>(), snapshot_instance);
}

unsigned rotation_of(const json& body) {
    const auto& rotation = body.at("rotation");
    return rotation.is_string() ? static_cast<unsigned>(std::stoul(rotation.get<std::string>()))
                                : rotation.get<unsigned>();
}

Answer create_backup(const ActionCall& call) {
    const auto kind = call.body.at("backup_type").get<std::string>();
    auto more = call.body.value("metadata", json::object()).get<Properties>();
    more["backup_type"] = kind;
    return create(call, "createBackup", "backup", std::move(more),
                  [kind, rotation = rotation_of(call.body)](std::string image) {
                      return backup_instance(std::move(image), kind, rotation);
                  });
}

} // namespace

// All system metadata but what is excluded goes into the image, the TPM's secret id with it.
Properties snapshot_properties(const ServerRecord& server, const char* type) {
    Properties properties;
    constexpr std::string_view prefix = "image_";
    for (const auto& [key, value] : server.system_metadata) {
        const auto name = key.starts_with(prefix) ? key.substr(prefix.size()) : key;
        if (std::find(not_inherited.begin(), not_inherited.end(), name) == not_inherited.end())
            properties[name] = value;
    }
    properties["image_type"] = type;
    properties["instance_uuid"] = server.id;
    properties["user_id"] = server.user_id;
    properties["image_location"] = "snapshot";
    properties["image_state"] = "available";
    properties["owner_id"] = server.project_id;
    return properties;
}

std::vector<ServerAction> image_actions() {
    return {
        {"createImage", body_schema("createImage", R"({
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255},
                           "metadata": {"type": "object",
                               "additionalProperties": {"type": "string", "maxLength": 255}}}})"),
         "os_compute_api:servers:create_image", Need::project_member, create_image},
        {"createBackup", body_schema("createBackup", R"({
            "type": "object", "required": ["name", "backup_type", "rotation"],
            "additionalProperties": false,
            "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 255},
                           "backup_type": {"type": "string", "maxLength": 255},
                           "rotation": {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$",
                                        "minimum": 0, "maximum": 2147483647},
                           "metadata": {"type": "object",
                               "additionalProperties": {"type": "string", "maxLength": 255}}}})"),
         "os_compute_api:os-create-backup", Need::project_member, create_backup},
    };
}

} // namespace vtpmlab::cloud
