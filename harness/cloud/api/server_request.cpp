#include "cloud/api/server_request.h"

#include "cloud/api/api.h"
#include "cloud/api/policy.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

unsigned count_of(const json& server, const char* key, unsigned otherwise) {
    const auto found = server.find(key);
    if (found == server.end())
        return otherwise;
    return found->is_string() ? static_cast<unsigned>(std::stoul(found->get<std::string>()))
                              : found->get<unsigned>();
}

// A host name of the server's name, as Nova makes it: lower case, words joined by dashes.
std::string hostname_of(const std::string& name, const std::string& id) {
    std::string host;
    for (unsigned char c : name) {
        if (std::isalnum(c) || c == '.' || c == '-')
            host += static_cast<char>(std::tolower(c));
        else if (c == ' ' || c == '_')
            host += '-';
    }
    const auto first = host.find_first_not_of(".-");
    host = first == std::string::npos ? std::string() : host.substr(first, 63);
    while (!host.empty() && (host.back() == '-' || host.back() == '.'))
        host.pop_back();
    return host.empty() ? "Server-" + id : host;
}

http::Outcome<void> check_networks(const json& server, http::Microversion version) {
    if (version < http::Microversion{2, 37})
        return {};
    if (!server.contains("networks"))
        return http::refuse(400, "Invalid input for field/attribute server. 'networks' is a "
                                 "required property");
    const auto& networks = server["networks"];
    if (networks.is_string() || networks.empty())
        return {};
    return http::refuse(400, "Network could not be found: this cloud has no network service; ask "
                             "for networks auto or none");
}

// A host of the caller's choice: for administrators, from 2.74 on. Whether there is such a host is
// the conductor's to find out.
http::Outcome<std::string> requested_host(Context& cloud, const http::Request& request,
                                          const json& server) {
    for (const char* key : {"host", "hypervisor_hostname"}) {
        if (!server.contains(key))
            continue;
        if (request.microversion < http::Microversion{2, 74})
            return http::refuse(400, fmt::format("Invalid input for field/attribute server. "
                                                 "Additional properties are not allowed ('{}' was "
                                                 "unexpected)",
                                                 key));
        VTPMLAB_CHECK(authorize(cloud.profile, *request.caller, Need::admin,
                                "compute:servers:create:requested_destination", ""));
        return server[key].get<std::string>();
    }
    return std::string();
}

http::Outcome<Flavor> read_flavor(Context& cloud, const json& server) {
    const auto& reference = server.at("flavorRef");
    auto id = reference.is_string() ? reference.get<std::string>() : reference.dump();
    id = id.substr(id.rfind('/') + 1);
    VTPMLAB_TRY(auto flavor, or_unexpected(cloud.store.flavor(id)));
    if (!flavor)
        return http::refuse(400, fmt::format("Flavor {} could not be found.", id));
    return std::move(*flavor);
}

http::Outcome<ImageCopy> read_image(const json& server, ImageService& images) {
    const auto id = server.value("imageRef", "");
    if (id.empty())
        return http::refuse(400, "Invalid imageRef provided.");
    auto image = images.show(id);
    if (!image)
        return unexpected_api_error("glanceclient.exc.CommunicationError");
    if (!*image)
        return http::refuse(400, "Can not find requested image");
    auto copy = std::move((*image)->copy);
    if (copy.status != "active")
        return http::refuse(400, fmt::format("Image {} is not active.", copy.id));
    return copy;
}

http::Outcome<void> check_fit(const Flavor& flavor, const ImageCopy& image) {
    if (flavor.memory_mib < image.min_memory_mib)
        return http::refuse(400, "Flavor's memory is too small for requested image.");
    if (flavor.disk_gib != 0 && flavor.disk_gib < image.min_disk_gib)
        return http::refuse(400, fmt::format("Flavor's disk is smaller than the minimum size "
                                             "specified in image metadata. Flavor disk is {} "
                                             "bytes, minimum size is {} bytes.",
                                             std::uint64_t{flavor.disk_gib} << 30,
                                             std::uint64_t{image.min_disk_gib} << 30));
    return {};
}

} // namespace

const char* server_create_schema() {
    return R"({
    "type": "object", "required": ["server"],
    "properties": {
        "OS-SCH-HNT:scheduler_hints": {"type": "object"},
        "os:scheduler_hints": {"type": "object"},
        "server": {
            "type": "object", "required": ["name", "flavorRef"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 255,
                         "pattern": "[^\\s]"},
                "flavorRef": {"type": ["string", "integer"], "minLength": 1},
                "imageRef": {"type": "string"},
                "networks": {"anyOf": [
                    {"type": "string", "enum": ["auto", "none"]},
                    {"type": "array", "items": {"type": "object"}}]},
                "min_count": {"type": ["integer", "string"], "minimum": 1,
                              "pattern": "^[1-9][0-9]{0,5}$"},
                "max_count": {"type": ["integer", "string"], "minimum": 1,
                              "pattern": "^[1-9][0-9]{0,5}$"},
                "metadata": {"type": "object",
                             "additionalProperties": {"type": "string", "maxLength": 255}},
                "description": {"type": ["string", "null"], "maxLength": 255},
                "host": {"type": "string", "minLength": 1, "maxLength": 255},
                "hypervisor_hostname": {"type": "string", "minLength": 1, "maxLength": 255},
                "hostname": {"type": "string", "minLength": 1, "maxLength": 255},
                "adminPass": {"type": "string"},
                "user_data": {"type": ["string", "null"], "maxLength": 65535},
                "config_drive": {"type": ["boolean", "string"]},
                "return_reservation_id": {"type": ["boolean", "string"]},
                "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "security_groups": {"type": "array", "items": {"type": "object"}},
                "accessIPv4": {"type": "string"},
                "accessIPv6": {"type": "string"}
            }}}})";
}

// spec: nova-vtpm §REQ-5
std::optional<std::string> image_metadata_violation(const ImageCopy& image) {
    const auto refused = [&](const char* key, const auto& parse) -> std::optional<std::string> {
        const auto found = image.properties.find(key);
        if (found == image.properties.end() || parse(found->second))
            return std::nullopt;
        return fmt::format("Invalid image metadata. Error: Field value {} is invalid",
                           found->second);
    };
    if (auto text = refused("hw_tpm_version", parse_tpm_version))
        return text;
    return refused("hw_tpm_model", parse_tpm_model);
}

http::Outcome<CreateOrder> read_create_order(Context& cloud, const http::Request& request,
                                             const json& body, ImageService& images) {
    const auto& asked = body.at("server");
    VTPMLAB_CHECK(check_networks(asked, request.microversion));
    const unsigned minimum = count_of(asked, "min_count", 1);
    const unsigned maximum = count_of(asked, "max_count", minimum);
    if (minimum > maximum)
        return http::refuse(400, "min_count must be <= max_count");
    VTPMLAB_TRY(const auto flavor, read_flavor(cloud, asked));
    VTPMLAB_TRY(const auto image, read_image(asked, images));
    if (auto violation = image_metadata_violation(image))
        return http::refuse(400, std::move(*violation));
    VTPMLAB_CHECK(check_fit(flavor, image));

    ServerRecord common;
    common.name = asked.at("name");
    if (asked.contains("description") && asked["description"].is_string())
        common.description = asked["description"];
    VTPMLAB_TRY(common.requested_host, requested_host(cloud, request, asked));
    common.user_id = request.caller->user_id;
    common.project_id = request.caller->project_id;
    common.reservation_id = "r-" + random_uuid().substr(0, 8);
    common.flavor = flavor;
    common.image = image;
    common.metadata = asked.value("metadata", Properties());
    common.system_metadata["image_base_image_ref"] = image.id;
    for (const auto& [key, value] : image.properties)
        common.system_metadata["image_" + key] = value;
    if (asked.contains("user_data") && asked["user_data"].is_string())
        common.user_data = asked["user_data"];
    const auto drive = asked.value("config_drive", json(false));
    common.config_drive = drive == true || drive == "true" || drive == "True";
    common.created_at = common.updated_at = cloud.clock->now();
    if (has_model_without_version(flavor.request(), image.request()))
        common.warnings.push_back(fmt::format(
            "a TPM model is asked for without a TPM version: server {} gets no TPM", common.name));

    CreateOrder order;
    const auto wants = asked.value("return_reservation_id", json(false));
    order.wants_reservation = wants == true || wants == "true" || wants == "True";
    for (unsigned i = 0; i < maximum; ++i) {
        auto server = common;
        server.id = random_uuid();
        server.launch_index = i;
        if (maximum > 1)
            server.name = fmt::format("{}-{}", common.name, i + 1);
        server.hostname = asked.contains("hostname") ? asked["hostname"].get<std::string>()
                                                     : hostname_of(server.name, server.id);
        order.servers.push_back(std::move(server));
    }
    return order;
}

} // namespace vtpmlab::cloud
