#include "cloud/state/records_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nlohmann {

template <typename T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& document, const std::optional<T>& value) {
        document = value ? json(*value) : json(nullptr);
    }
    static void from_json(const json& document, std::optional<T>& value) {
        value = document.is_null() ? std::nullopt : std::optional<T>(document.get<T>());
    }
};

template <>
struct adl_serializer<vtpmlab::Clock::Time> {
    using Time = vtpmlab::Clock::Time;
    static void to_json(json& document, const Time& time) {
        document = std::int64_t{time.time_since_epoch().count()};
    }
    static void from_json(const json& document, Time& time) {
        time = Time(Time::duration(document.get<std::int64_t>()));
    }
};

} // namespace nlohmann

namespace vtpmlab::cloud {

// The one list of what is kept of each record. States are kept as their numbers; in a document that
// lacks a field the record is unreadable.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Flavor, id, name, description, vcpus, memory_mib, disk_gib,
                                   ephemeral_gib, swap_mib, rxtx_factor, is_public, projects,
                                   extra_specs)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ImageCopy, id, name, status, min_memory_mib, min_disk_gib,
                                   properties)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InstanceFault, code, message, details, created_at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ServerRecord, id, number, name, description, hostname, user_id,
                                   project_id, reservation_id, launch_index, flavor, image,
                                   metadata, system_metadata, user_data, config_drive, key_name,
                                   tags, trusted_certificates, access_ip_v4, access_ip_v6,
                                   disk_config, requested_zone, requested_host, host, vm_state,
                                   task_state, power_state, created_at, updated_at, launched_at,
                                   terminated_at, fault, warnings, locked, locked_by, locked_reason,
                                   old_flavor, new_flavor, old_vm_state, rescue_image)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ActionEvent, name, host, started_at, finished_at, error)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InstanceAction, server_id, server_project_id, request_id, action,
                                   user_id, project_id, started_at, updated_at, has_failed, events)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Migration, id, uuid, server_id, type, status, source,
                                   destination, old_flavor_id, new_flavor_id, user_id, project_id,
                                   created_at, updated_at)

template <typename Record>
std::string encode(const Record& record) {
    using nlohmann::json;
    return json(record).dump(-1, ' ', false, json::error_handler_t::replace);
}

template <typename Record>
Result<Record> decode(std::string_view document) {
    using nlohmann::json;
    try {
        return json::parse(document).get<Record>();
    } catch (const json::exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("a record of the compute cloud is unreadable: {}", error.what()));
    }
}

template std::string encode(const Flavor&);
template std::string encode(const ServerRecord&);
template std::string encode(const InstanceAction&);
template std::string encode(const Migration&);
template Result<Flavor> decode(std::string_view);
template Result<ServerRecord> decode(std::string_view);
template Result<InstanceAction> decode(std::string_view);
template Result<Migration> decode(std::string_view);

} // namespace vtpmlab::cloud
