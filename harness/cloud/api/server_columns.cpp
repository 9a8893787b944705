#include "cloud/api/server_columns.h"

#include "cloud/api/json_values.h"
#include "cloud/api/server_view.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {

const std::map<std::string_view, ServerColumn>& server_columns() {
    using nlohmann::json;
    static const std::map<std::string_view, ServerColumn> all = {
        {"access_ip_v4", [](const ServerRecord& s) { return text_or_null(s.access_ip_v4); }},
        {"access_ip_v6", [](const ServerRecord& s) { return text_or_null(s.access_ip_v6); }},
        {"auto_disk_config", [](const ServerRecord& s) { return json(s.disk_config == "AUTO"); }},
        {"availability_zone",
         [](const ServerRecord& s) { return text_or_null(availability_zone(s)); }},
        {"config_drive", [](const ServerRecord& s) { return json(s.config_drive ? "True" : ""); }},
        {"created_at", [](const ServerRecord& s) { return time_or_null(s.created_at); }},
        {"display_description",
         [](const ServerRecord& s) { return s.description ? json(*s.description) : json(); }},
        {"display_name", [](const ServerRecord& s) { return json(s.name); }},
        {"host", [](const ServerRecord& s) { return text_or_null(s.host); }},
        {"hostname", [](const ServerRecord& s) { return json(s.hostname); }},
        {"image_ref", [](const ServerRecord& s) { return json(s.image.id); }},
        {"instance_type_id", [](const ServerRecord& s) { return json(s.flavor.id); }},
        {"kernel_id", [](const ServerRecord& s) { return json(s.image.property("kernel_id")); }},
        {"key_name", [](const ServerRecord& s) { return text_or_null(s.key_name); }},
        {"launch_index", [](const ServerRecord& s) { return json(s.launch_index); }},
        {"launched_at", [](const ServerRecord& s) { return time_or_null(s.launched_at); }},
        {"locked", [](const ServerRecord& s) { return json(s.locked); }},
        {"locked_by", [](const ServerRecord& s) { return text_or_null(s.locked_by); }},
        {"node", [](const ServerRecord& s) { return text_or_null(s.host); }},
        {"power_state",
         [](const ServerRecord& s) { return json(static_cast<int>(s.power_state)); }},
        {"progress", [](const ServerRecord&) { return json(0); }},
        {"project_id", [](const ServerRecord& s) { return json(s.project_id); }},
        {"ramdisk_id", [](const ServerRecord& s) { return json(s.image.property("ramdisk_id")); }},
        {"reservation_id", [](const ServerRecord& s) { return json(s.reservation_id); }},
        {"root_device_name", [](const ServerRecord&) { return json("/dev/vda"); }},
        {"task_state", [](const ServerRecord& s) { return text_or_null(to_string(s.task_state)); }},
        {"terminated_at", [](const ServerRecord& s) { return time_or_null(s.terminated_at); }},
        {"updated_at", [](const ServerRecord& s) { return time_or_null(s.updated_at); }},
        {"user_id", [](const ServerRecord& s) { return json(s.user_id); }},
        {"uuid", [](const ServerRecord& s) { return json(s.id); }},
        {"vm_state", [](const ServerRecord& s) { return json(to_string(s.vm_state)); }},
    };
    return all;
}

} // namespace vtpmlab::cloud
