#include "cloud/api/server_request.h"

#include "cloud/api/flavor_view.h"
#include "cloud/api/policy.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

// As text or as a number, and of any size: 2^64 and more is too many in any case.
std::uint64_t count_of(const json& server, const char* key, std::uint64_t otherwise) {
    const auto found = server.find(key);
    if (found == server.end())
        return otherwise;
    const auto text = found->is_string() ? found->get<std::string>() : found->dump();
    std::uint64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    return read.ec == std::errc{} ? count : std::numeric_limits<std::uint64_t>::max();
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

http::Outcome<void> check_networks(const json& server) {
    const auto networks = server.value("networks", json());
    if (networks.is_string() || networks.empty())
        return {};
    return http::refuse(400, "Network could not be found: this cloud has no network service; ask "
                             "for networks auto or none");
}

// A zone, and with it perhaps a host: "nova:compute-1", which is for administrators. Only a host
// that has a name of its own (2.74) is looked for at once; another one is the scheduler's to miss.
struct Place {
    std::string zone;
    std::string host;
    std::string forced_to;
};

http::Outcome<Place> requested_place(Api& api, const http::Request& request, const json& server) {
    Place place;
    place.zone = server.value("availability_zone", std::string());
    const auto colons = std::count(place.zone.begin(), place.zone.end(), ':');
    if (colons > 2)
        return http::refuse(400, "Invalid input received: Unable to parse availability_zone");
    if (colons > 0) {
        // zone:host, zone:host:node, zone::node; a host has one node, of its own name.
        const auto rest = place.zone.substr(place.zone.find(':') + 1);
        const auto colon = rest.find(':');
        const auto or_none = [](const std::string& name) { return name.empty() ? "None" : name; };
        place.forced_to = fmt::format(
            "host: {} node: {}", or_none(rest.substr(0, colon)),
            or_none(colon == std::string::npos ? std::string() : rest.substr(colon + 1)));
        place.host = rest.substr(rest.rfind(':') + 1);
        place.zone.resize(place.zone.find(':'));
        VTPMLAB_CHECK(authorize(api.cloud.profile, *request.caller, Need::admin,
                                "os_compute_api:servers:create:forced_host", ""));
    }
    for (const char* key : {"host", "hypervisor_hostname"}) {
        if (!server.contains(key))
            continue;
        VTPMLAB_CHECK(authorize(api.cloud.profile, *request.caller, Need::admin,
                                "compute:servers:create:requested_destination", ""));
        if (colons > 0)
            return http::refuse(400, "One mechanism with host and/or hypervisor_hostname and "
                                     "another mechanism with zone:host:node are mutually "
                                     "exclusive.");
        place.host = server[key];
        if (!api.conductor.has_host(place.host))
            return http::refuse(400,
                                fmt::format("Compute host {} could not be found.", place.host));
    }
    return place;
}

// A zone is there as long as one of its hosts is enabled; a host that is named is not asked for
// its zone.
http::Outcome<void> check_zone(Api& api, const Place& place) {
    if (place.zone.empty() || !place.host.empty())
        return {};
    if (place.zone == compute_zone)
        for (const auto* compute : api.conductor.computes())
            if (!compute->record().is_disabled)
                return {};
    return http::refuse(400, "The requested availability zone is not available");
}

// There is no volume service, and no device but the image's own disk.
http::Outcome<void> check_devices(const json& server) {
    const auto invalid = [](const std::string& why) {
        return http::refuse(400, "Block Device Mapping is Invalid: " + why);
    };
    for (const char* key : {"block_device_mapping", "block_device_mapping_v2"})
        for (const auto& device : server.value(key, json::array())) {
            const auto source = device.value("source_type", "");
            const auto id = [&](const char* name) { return device.value(name, std::string()); };
            if (source == "volume" || !id("volume_id").empty())
                return invalid(fmt::format("failed to get volume {}.",
                                           id("volume_id").empty() ? id("uuid") : id("volume_id")));
            if (source == "snapshot" || !id("snapshot_id").empty())
                return invalid(fmt::format("failed to get snapshot {}.", id("snapshot_id").empty()
                                                                             ? id("uuid")
                                                                             : id("snapshot_id")));
            if (source != "image" || device.value("destination_type", "local") != "local")
                return invalid("this cloud has no volume service and no disk but the image's.");
        }
    return {};
}

// Server groups are not simulated, so there is none.
http::Outcome<void> check_hints(const json& body) {
    for (const char* key : {"os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"})
        if (const auto hints = body.find(key); hints != body.end() && hints->contains("group"))
            return http::refuse(400, fmt::format("Instance group {} could not be found.",
                                                 hints->at("group").is_string()
                                                     ? hints->at("group").get<std::string>()
                                                     : hints->at("group").dump()));
    return {};
}

// How many servers there will be: as many as were asked for, or as the quota leaves room for when
// that is still enough.
http::Outcome<std::uint64_t> check_quota(Context& cloud, const std::string& project_id,
                                         std::uint64_t minimum, std::uint64_t maximum) {
    VTPMLAB_TRY(const std::uint64_t used, or_unexpected(cloud.store.count_servers(project_id)));
    const std::uint64_t allowed = cloud.options.instances_quota;
    const auto room = allowed - std::min(allowed, used);
    if (room < minimum)
        return http::refuse(403, fmt::format("Quota exceeded for instances: Requested {}, but "
                                             "already used {} of {} instances",
                                             minimum, used, allowed));
    return std::min(maximum, room);
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

http::Outcome<Flavor> requested_flavor(Context& cloud, const http::Request& request,
                                       const json& reference) {
    auto id = reference.is_string() ? reference.get<std::string>() : reference.dump();
    id = id.substr(id.rfind('/') + 1);
    VTPMLAB_TRY(auto flavor, or_unexpected(cloud.store.flavor(id)));
    if (!flavor || !is_seen_by(*flavor, *request.caller))
        return http::refuse(400, fmt::format("Flavor {} could not be found.", id));
    return std::move(*flavor);
}

http::Outcome<void> check_key_name(Context& cloud, const http::Request& request,
                                   const std::string& name) {
    VTPMLAB_TRY(const auto pairs, or_unexpected(cloud.store.key_pairs(request.caller->user_id)));
    if (std::any_of(pairs.begin(), pairs.end(),
                    [&](const KeyPair& pair) { return pair.name == name; }))
        return {};
    return http::refuse(400, "Invalid key_name provided.");
}

http::Outcome<void> check_user_data(const json& server) {
    const auto found = server.find("user_data");
    if (found == server.end() || found->is_null())
        return {};
    const auto given = found->get<std::string>();
    auto text = given;
    std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; }); // lines are allowed
    if (base64_decode(text))
        return {};
    return http::refuse(400, fmt::format("Invalid input for field/attribute user_data. Value: {0}. "
                                         "'{0}' is not a 'base64'",
                                         given));
}

bool is_true(const json& value) {
    if (value.is_boolean())
        return value.get<bool>();
    auto text = value.is_string() ? value.get<std::string>() : std::string();
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text == "true" || text == "t" || text == "1" || text == "on" || text == "yes" ||
           text == "y";
}

http::Outcome<CreateOrder> read_create_order(Api& api, const http::Request& request,
                                             const json& body, ImageService& images) {
    auto& cloud = api.cloud;
    const auto& asked = body.at("server");
    const auto minimum = count_of(asked, "min_count", 1);
    const auto maximum = count_of(asked, "max_count", minimum);
    if (minimum > maximum)
        return http::refuse(400, "min_count must be <= max_count");
    VTPMLAB_TRY(auto place, requested_place(api, request, asked));
    VTPMLAB_CHECK(check_devices(asked));
    VTPMLAB_CHECK(check_networks(asked));
    VTPMLAB_CHECK(check_hints(body));
    VTPMLAB_TRY(const auto flavor, requested_flavor(cloud, request, asked.at("flavorRef")));
    VTPMLAB_TRY(const auto image, read_image(asked, images));
    VTPMLAB_CHECK(check_zone(api, place));
    VTPMLAB_CHECK(check_user_data(asked));
    if (asked.contains("key_name"))
        VTPMLAB_CHECK(check_key_name(cloud, request, asked["key_name"]));
    if (auto violation = image_metadata_violation(image))
        return http::refuse(400, std::move(*violation));
    VTPMLAB_CHECK(check_fit(flavor, image));
    VTPMLAB_TRY(const auto count, check_quota(cloud, request.caller->project_id, minimum, maximum));

    ServerRecord common;
    common.name = asked.at("name");
    // Before 2.19 the name was the description too.
    if (request.microversion < http::Microversion{2, 19})
        common.description = common.name;
    else if (asked.contains("description") && asked["description"].is_string())
        common.description = asked["description"];
    common.requested_host = std::move(place.host);
    common.requested_zone = std::move(place.zone);
    common.key_name = asked.value("key_name", std::string());
    common.tags = asked.value("tags", std::vector<std::string>());
    if (asked.contains("trusted_image_certificates") &&
        asked["trusted_image_certificates"].is_array())
        common.trusted_certificates =
            asked["trusted_image_certificates"].get<std::vector<std::string>>();
    common.access_ip_v4 = asked.value("accessIPv4", std::string());
    common.access_ip_v6 = asked.value("accessIPv6", std::string());
    common.disk_config = asked.value("OS-DCF:diskConfig", common.disk_config);
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
    common.config_drive = is_true(asked.value("config_drive", json(false)));
    common.created_at = common.updated_at = cloud.clock->now();
    if (has_model_without_version(flavor.request(), image.request()))
        common.warnings.push_back(fmt::format(
            "a TPM model is asked for without a TPM version: server {} gets no TPM", common.name));

    CreateOrder order;
    order.forced_to = std::move(place.forced_to);
    order.wants_reservation = is_true(asked.value("return_reservation_id", json(false)));
    for (std::uint64_t i = 0; i < count; ++i) {
        auto server = common;
        server.id = random_uuid();
        server.launch_index = static_cast<unsigned>(i);
        if (maximum > 1)
            server.name = fmt::format("{}-{}", common.name, i + 1);
        server.hostname = asked.contains("hostname") ? asked["hostname"].get<std::string>()
                                                     : hostname_of(server.name, server.id);
        order.servers.push_back(std::move(server));
    }
    return order;
}

} // namespace vtpmlab::cloud
