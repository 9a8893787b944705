#include "cloud/api/server_view.h"

#include "cloud/api/flavor_view.h"
#include "cloud/api/json_values.h"
#include "cloud/api/policy.h"
#include "http/timestamp.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

json fault_view(const InstanceFault& fault, bool for_admin) {
    json view = {{"code", fault.code},
                 {"created", http::timestamp(fault.created_at)},
                 {"message", fault.message}};
    if (!fault.details.empty() && (for_admin || fault.code != 500))
        view["details"] = fault.details;
    return view;
}

json image_view(const http::Request& request, const ServerRecord& server) {
    if (server.image.id.empty())
        return "";
    json view = {
        {"id", server.image.id},
        {"links",
         {{{"rel", "bookmark"}, {"href", request.base_url + "/images/" + server.image.id}}}}};
    if (request.microversion >= http::Microversion{2, 98})
        view["properties"] = server.image.properties;
    return view;
}

// nova/api/openstack/compute/views/servers.py, _progress_statuses
bool has_progress(std::string_view status) {
    constexpr std::array<std::string_view, 6> statuses = {"ACTIVE", "BUILD",         "REBUILD",
                                                          "RESIZE", "VERIFY_RESIZE", "MIGRATING"};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

void add_admin_attributes(json& view, const http::Request& request, const ServerRecord& server) {
    constexpr const char* prefix = "OS-EXT-SRV-ATTR:";
    const auto add = [&](const char* name, json value) {
        view[std::string(prefix) + name] = std::move(value);
    };
    add("host", text_or_null(server.host));
    add("hypervisor_hostname", text_or_null(server.host));
    add("instance_name", server.domain_name());
    if (request.microversion < http::Microversion{2, 3})
        return;
    add("reservation_id", server.reservation_id);
    add("launch_index", server.launch_index);
    add("hostname", server.hostname);
    add("kernel_id", server.image.property("kernel_id"));
    add("ramdisk_id", server.image.property("ramdisk_id"));
    add("root_device_name", "/dev/vda");
    add("user_data", server.user_data ? json(*server.user_data) : json());
}

// What nova-compute of the server's host is thought to be doing (nova/compute/api.py,
// get_instance_host_status).
std::string_view host_status(const Api& api, const ServerRecord& server) {
    const auto* compute = api.conductor.on_host(server.host);
    if (!compute)
        return "";
    const auto record = compute->record();
    if (record.is_forced_down)
        return "DOWN";
    if (record.is_disabled)
        return "MAINTENANCE";
    return compute->is_seen_up() ? "UP" : "UNKNOWN";
}

} // namespace

std::string availability_zone(const ServerRecord& server) {
    return server.host.empty() ? server.requested_zone : compute_zone;
}

std::string host_digest(const std::string& project_id, const std::string& host) {
    if (host.empty())
        return {};
    const auto text = project_id + host;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha224(), nullptr);
    return hex(std::span(digest.data(), length));
}

json server_summary(const http::Request& request, const ServerRecord& server) {
    return {{"id", server.id},
            {"name", server.name},
            {"links", resource_links(request, "servers", server.id)}};
}

json server_detail(const Api& api, const http::Request& request, const ServerRecord& server) {
    const auto since = [&](int minor) {
        return request.microversion >= http::Microversion{2, minor};
    };
    const bool for_admin = is_admin(*request.caller);
    json view = server_summary(request, server);
    const auto status = server_status(server.vm_state, server.task_state);
    view["status"] = status;
    view["tenant_id"] = server.project_id;
    view["user_id"] = server.user_id;
    view["metadata"] = server.metadata;
    view["hostId"] = host_digest(server.project_id, server.host);
    view["image"] = image_view(request, server);
    view["flavor"] = flavor_in_server(request, server.flavor);
    view["created"] = http::timestamp(server.created_at);
    view["updated"] = http::timestamp(server.updated_at);
    view["addresses"] = json::object();
    view["accessIPv4"] = server.access_ip_v4;
    view["accessIPv6"] = server.access_ip_v6;
    view["OS-DCF:diskConfig"] = server.disk_config;
    view["OS-EXT-AZ:availability_zone"] = availability_zone(server);
    view["config_drive"] = server.config_drive ? "True" : "";
    view["key_name"] = text_or_null(server.key_name);
    view["OS-SRV-USG:launched_at"] = time_or_null(server.launched_at);
    view["OS-SRV-USG:terminated_at"] = time_or_null(server.terminated_at);
    view["OS-EXT-STS:task_state"] = text_or_null(to_string(server.task_state));
    view["OS-EXT-STS:vm_state"] = to_string(server.vm_state);
    view["OS-EXT-STS:power_state"] = static_cast<int>(server.power_state);
    view["os-extended-volumes:volumes_attached"] = json::array();
    if (has_progress(status))
        view["progress"] = 0;
    if ((status == "ERROR" || status == "DELETED") && server.fault)
        view["fault"] = fault_view(*server.fault, for_admin);
    if (for_admin)
        add_admin_attributes(view, request, server);
    if (since(9))
        view["locked"] = server.locked;
    if (since(73))
        view["locked_reason"] = server.locked_reason ? json(*server.locked_reason) : json();
    if (since(16) && for_admin)
        view["host_status"] = host_status(api, server);
    if (since(19))
        view["description"] = server.description ? json(*server.description) : json();
    if (since(26))
        view["tags"] = server.tags;
    if (since(63))
        view["trusted_image_certificates"] =
            server.trusted_certificates.empty() ? json() : json(server.trusted_certificates);
    if (since(71))
        view["server_groups"] = json::array();
    if (since(90))
        view["OS-EXT-SRV-ATTR:hostname"] = server.hostname;
    if (since(96))
        view["pinned_availability_zone"] = text_or_null(server.requested_zone);
    return view;
}

} // namespace vtpmlab::cloud
