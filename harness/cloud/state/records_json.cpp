#include "cloud/state/records_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(const json& value) {
    return Clock::Time(Clock::Time::duration(value.get<std::int64_t>()));
}

template <typename T, typename Encode>
json optional_json(const std::optional<T>& value, Encode encode_value) {
    return value ? json(encode_value(*value)) : json(nullptr);
}
std::optional<std::string> optional_text(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}
std::optional<Clock::Time> optional_time(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(time_of(value));
}
constexpr auto as_it_is = [](const auto& value) { return value; };

json to_json(const Flavor& flavor) {
    return {{"id", flavor.id},
            {"name", flavor.name},
            {"description", optional_json(flavor.description, as_it_is)},
            {"vcpus", flavor.vcpus},
            {"memory_mib", flavor.memory_mib},
            {"disk_gib", flavor.disk_gib},
            {"ephemeral_gib", flavor.ephemeral_gib},
            {"swap_mib", flavor.swap_mib},
            {"rxtx_factor", flavor.rxtx_factor},
            {"is_public", flavor.is_public},
            {"projects", flavor.projects},
            {"extra_specs", flavor.extra_specs}};
}

Flavor flavor_of(const json& value) {
    Flavor flavor;
    flavor.id = value.at("id");
    flavor.name = value.at("name");
    flavor.description = optional_text(value.at("description"));
    flavor.vcpus = value.at("vcpus");
    flavor.memory_mib = value.at("memory_mib");
    flavor.disk_gib = value.at("disk_gib");
    flavor.ephemeral_gib = value.at("ephemeral_gib");
    flavor.swap_mib = value.at("swap_mib");
    flavor.rxtx_factor = value.at("rxtx_factor");
    flavor.is_public = value.at("is_public");
    flavor.projects = value.at("projects").get<std::vector<std::string>>();
    flavor.extra_specs = value.at("extra_specs").get<Properties>();
    return flavor;
}

json to_json(const ImageCopy& image) {
    return {{"id", image.id},
            {"name", image.name},
            {"status", image.status},
            {"min_memory_mib", image.min_memory_mib},
            {"min_disk_gib", image.min_disk_gib},
            {"properties", image.properties}};
}

ImageCopy image_of(const json& value) {
    ImageCopy image;
    image.id = value.at("id");
    image.name = value.at("name");
    image.status = value.at("status");
    image.min_memory_mib = value.at("min_memory_mib");
    image.min_disk_gib = value.at("min_disk_gib");
    image.properties = value.at("properties").get<Properties>();
    return image;
}

json to_json(const InstanceFault& fault) {
    return {{"code", fault.code},
            {"message", fault.message},
            {"details", fault.details},
            {"created_at", ticks(fault.created_at)}};
}

InstanceFault fault_of(const json& value) {
    return {value.at("code"), value.at("message"), value.at("details"),
            time_of(value.at("created_at"))};
}

constexpr auto flavor_json = [](const Flavor& flavor) { return to_json(flavor); };
constexpr auto image_json = [](const ImageCopy& image) { return to_json(image); };
constexpr auto number_of = [](VmState state) { return static_cast<int>(state); };

std::string text(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename T, typename Read>
Result<T> decode(std::string_view document, Read read) {
    try {
        return read(json::parse(document));
    } catch (const json::exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("a record of the compute cloud is unreadable: {}", error.what()));
    }
}

} // namespace

std::string encode(const Flavor& flavor) { return text(to_json(flavor)); }

std::string encode(const ServerRecord& server) {
    return text({{"id", server.id},
                 {"number", server.number},
                 {"name", server.name},
                 {"description", optional_json(server.description, as_it_is)},
                 {"hostname", server.hostname},
                 {"user_id", server.user_id},
                 {"project_id", server.project_id},
                 {"reservation_id", server.reservation_id},
                 {"launch_index", server.launch_index},
                 {"flavor", to_json(server.flavor)},
                 {"image", to_json(server.image)},
                 {"metadata", server.metadata},
                 {"system_metadata", server.system_metadata},
                 {"user_data", optional_json(server.user_data, as_it_is)},
                 {"config_drive", server.config_drive},
                 {"key_name", server.key_name},
                 {"tags", server.tags},
                 {"trusted_certificates", server.trusted_certificates},
                 {"access_ip_v4", server.access_ip_v4},
                 {"access_ip_v6", server.access_ip_v6},
                 {"disk_config", server.disk_config},
                 {"requested_zone", server.requested_zone},
                 {"requested_host", server.requested_host},
                 {"host", server.host},
                 {"vm_state", static_cast<int>(server.vm_state)},
                 {"task_state", static_cast<int>(server.task_state)},
                 {"power_state", static_cast<int>(server.power_state)},
                 {"created_at", ticks(server.created_at)},
                 {"updated_at", ticks(server.updated_at)},
                 {"launched_at", optional_json(server.launched_at, ticks)},
                 {"terminated_at", optional_json(server.terminated_at, ticks)},
                 {"fault", optional_json(server.fault, [](const auto& f) { return to_json(f); })},
                 {"warnings", server.warnings},
                 {"locked", server.locked},
                 {"locked_by", server.locked_by},
                 {"locked_reason", optional_json(server.locked_reason, as_it_is)},
                 {"old_flavor", optional_json(server.old_flavor, flavor_json)},
                 {"new_flavor", optional_json(server.new_flavor, flavor_json)},
                 {"old_vm_state", optional_json(server.old_vm_state, number_of)},
                 {"rescue_image", optional_json(server.rescue_image, image_json)}});
}

std::string encode(const InstanceAction& action) {
    auto events = json::array();
    for (const auto& event : action.events)
        events.push_back({{"name", event.name},
                          {"host", event.host},
                          {"started_at", ticks(event.started_at)},
                          {"finished_at", optional_json(event.finished_at, ticks)},
                          {"error", optional_json(event.error, as_it_is)}});
    return text({{"server_id", action.server_id},
                 {"server_project_id", action.server_project_id},
                 {"request_id", action.request_id},
                 {"action", action.action},
                 {"user_id", action.user_id},
                 {"project_id", action.project_id},
                 {"started_at", ticks(action.started_at)},
                 {"updated_at", ticks(action.updated_at)},
                 {"has_failed", action.has_failed},
                 {"events", events}});
}

std::string encode(const Migration& migration) {
    return text({{"id", migration.id},
                 {"uuid", migration.uuid},
                 {"server_id", migration.server_id},
                 {"type", migration.type},
                 {"status", migration.status},
                 {"source", migration.source},
                 {"destination", migration.destination},
                 {"old_flavor_id", migration.old_flavor_id},
                 {"new_flavor_id", migration.new_flavor_id},
                 {"user_id", migration.user_id},
                 {"project_id", migration.project_id},
                 {"created_at", ticks(migration.created_at)},
                 {"updated_at", ticks(migration.updated_at)}});
}

Result<Flavor> decode_flavor(std::string_view document) {
    return decode<Flavor>(document, flavor_of);
}

Result<ServerRecord> decode_server(std::string_view document) {
    return decode<ServerRecord>(document, [](const json& value) {
        ServerRecord server;
        server.id = value.at("id");
        server.number = value.at("number");
        server.name = value.at("name");
        server.description = optional_text(value.at("description"));
        server.hostname = value.at("hostname");
        server.user_id = value.at("user_id");
        server.project_id = value.at("project_id");
        server.reservation_id = value.at("reservation_id");
        server.launch_index = value.at("launch_index");
        server.flavor = flavor_of(value.at("flavor"));
        server.image = image_of(value.at("image"));
        server.metadata = value.at("metadata").get<Properties>();
        server.system_metadata = value.at("system_metadata").get<Properties>();
        server.user_data = optional_text(value.at("user_data"));
        server.config_drive = value.at("config_drive");
        server.key_name = value.at("key_name");
        server.tags = value.at("tags").get<std::vector<std::string>>();
        server.trusted_certificates =
            value.at("trusted_certificates").get<std::vector<std::string>>();
        server.access_ip_v4 = value.at("access_ip_v4");
        server.access_ip_v6 = value.at("access_ip_v6");
        server.disk_config = value.at("disk_config");
        server.requested_zone = value.at("requested_zone");
        server.requested_host = value.at("requested_host");
        server.host = value.at("host");
        server.vm_state = static_cast<VmState>(value.at("vm_state").get<int>());
        server.task_state = static_cast<TaskState>(value.at("task_state").get<int>());
        server.power_state = static_cast<PowerState>(value.at("power_state").get<int>());
        server.created_at = time_of(value.at("created_at"));
        server.updated_at = time_of(value.at("updated_at"));
        server.launched_at = optional_time(value.at("launched_at"));
        server.terminated_at = optional_time(value.at("terminated_at"));
        if (!value.at("fault").is_null())
            server.fault = fault_of(value.at("fault"));
        server.warnings = value.at("warnings").get<std::vector<std::string>>();
        server.locked = value.at("locked");
        server.locked_by = value.at("locked_by");
        server.locked_reason = optional_text(value.at("locked_reason"));
        if (!value.at("old_flavor").is_null())
            server.old_flavor = flavor_of(value.at("old_flavor"));
        if (!value.at("new_flavor").is_null())
            server.new_flavor = flavor_of(value.at("new_flavor"));
        if (!value.at("old_vm_state").is_null())
            server.old_vm_state = static_cast<VmState>(value.at("old_vm_state").get<int>());
        if (!value.at("rescue_image").is_null())
            server.rescue_image = image_of(value.at("rescue_image"));
        return server;
    });
}

Result<InstanceAction> decode_action(std::string_view document) {
    return decode<InstanceAction>(document, [](const json& value) {
        InstanceAction action;
        action.server_id = value.at("server_id");
        action.server_project_id = value.at("server_project_id");
        action.request_id = value.at("request_id");
        action.action = value.at("action");
        action.user_id = value.at("user_id");
        action.project_id = value.at("project_id");
        action.started_at = time_of(value.at("started_at"));
        action.updated_at = time_of(value.at("updated_at"));
        action.has_failed = value.at("has_failed");
        for (const auto& event : value.at("events"))
            action.events.push_back(
                {event.at("name"), event.at("host"), time_of(event.at("started_at")),
                 optional_time(event.at("finished_at")), optional_text(event.at("error"))});
        return action;
    });
}

Result<Migration> decode_migration(std::string_view document) {
    return decode<Migration>(document, [](const json& value) {
        Migration migration;
        migration.id = value.at("id");
        migration.uuid = value.at("uuid");
        migration.server_id = value.at("server_id");
        migration.type = value.at("type");
        migration.status = value.at("status");
        migration.source = value.at("source");
        migration.destination = value.at("destination");
        migration.old_flavor_id = value.at("old_flavor_id");
        migration.new_flavor_id = value.at("new_flavor_id");
        migration.user_id = value.at("user_id");
        migration.project_id = value.at("project_id");
        migration.created_at = time_of(value.at("created_at"));
        migration.updated_at = time_of(value.at("updated_at"));
        return migration;
    });
}

} // namespace vtpmlab::cloud
