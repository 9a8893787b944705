#include "scenario/load_cloud.h"

#include <string>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

HostSpec host_spec(const json& host) {
    HostSpec spec;
    spec.name = host.value("name", spec.name);
    spec.swtpm_enabled = host.value("swtpm_enabled", spec.swtpm_enabled);
    spec.swtpm_user = host.value("swtpm_user", spec.swtpm_user);
    spec.swtpm_group = host.value("swtpm_group", spec.swtpm_group);
    spec.vcpus = host.value("vcpus", spec.vcpus);
    spec.memory_mib = host.value("memory_mib", spec.memory_mib);
    spec.disk_gib = host.value("disk_gib", spec.disk_gib);
    spec.virt_type = host.value("virt_type", spec.virt_type);
    spec.release = host.value("release", spec.release);
    if (const auto programs = host.value("swtpm_programs", std::string("all")); programs != "all")
        spec.swtpm_programs = programs == "none" ? SwtpmPrograms::none : SwtpmPrograms::setup_only;
    if (const auto models = host.find("tpm_models"); models != host.end()) {
        spec.tpm_models.clear();
        for (const auto& model : *models)
            spec.tpm_models.insert(parse_tpm_model(model.get<std::string>()).value());
    }
    if (const auto modes = host.find("supported_tpm_secret_security"); modes != host.end()) {
        spec.supported_tpm_secret_security.clear();
        for (const auto& mode : *modes)
            spec.supported_tpm_secret_security.insert(
                parse_secret_security(mode.get<std::string>()).value());
    }
    return spec;
}

} // namespace

CloudSpec cloud_spec(const json& file) {
    CloudSpec spec;
    spec.release = file.value("release", spec.release);
    const json cloud = file.value("cloud", json::object());
    spec.quota_driver = cloud.value("quota_driver", spec.quota_driver);
    spec.key_manager_in_catalog =
        cloud.value("key_manager_in_catalog", spec.key_manager_in_catalog);
    spec.barbican_policy = cloud.value("barbican_policy", spec.barbican_policy);
    spec.barbican_policy_nova_secret_access =
        cloud.value("barbican_policy_nova_secret_access", spec.barbican_policy_nova_secret_access);
    spec.barbican_policy_admin_secret_access = cloud.value(
        "barbican_policy_admin_secret_access", spec.barbican_policy_admin_secret_access);
    spec.barbican_policy_file = cloud.value("barbican_policy_file", spec.barbican_policy_file);
    spec.token_expiration_s = cloud.value("token_expiration", spec.token_expiration_s);
    spec.image_size_cap = cloud.value("image_size_cap", spec.image_size_cap);
    spec.user_storage_quota = cloud.value("user_storage_quota", spec.user_storage_quota);
    spec.allow_resize_to_same_host =
        cloud.value("allow_resize_to_same_host", spec.allow_resize_to_same_host);
    spec.reclaim_instance_interval_s =
        cloud.value("reclaim_instance_interval", spec.reclaim_instance_interval_s);
    spec.resume_guests_state_on_host_boot =
        cloud.value("resume_guests_state_on_host_boot", spec.resume_guests_state_on_host_boot);
    spec.resize_confirm_window_s =
        cloud.value("resize_confirm_window", spec.resize_confirm_window_s);
    spec.has_service_user = cloud.value("service_user", spec.has_service_user);
    spec.shares_disks = cloud.value("shares_disks", spec.shares_disks);
    spec.os_traits_release = cloud.value("os_traits_release", spec.os_traits_release);
    spec.members_may_migrate = cloud.value("members_may_migrate", spec.members_may_migrate);
    if (const auto hosts = cloud.find("hosts"); hosts != cloud.end()) {
        spec.hosts.clear();
        for (const auto& host : *hosts)
            spec.hosts.push_back(host_spec(host));
    }
    return spec;
}

} // namespace vtpmlab::scenario
