#pragma once
// The cloud a scenario asks for: its hosts and the switches the seed documents name. Values only;
// loaded from the `cloud:` part of a scenario, built by harness/cli.

#include <vtpmlab/depth.h>
#include <vtpmlab/tpm.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab {

// Which programs of swtpm a host has. Only at model depth can one be missing.
enum class SwtpmPrograms { all, setup_only, none };

struct HostSpec {
    std::string name = "compute-1";
    bool swtpm_enabled = true;      // nova.conf [libvirt] swtpm_enabled
    std::string swtpm_user = "tss"; // nova.conf and qemu.conf
    std::string swtpm_group = "tss";
    std::set<SecretSecurity> supported_tpm_secret_security = {
        SecretSecurity::user, SecretSecurity::host, SecretSecurity::deployment};
    unsigned vcpus = 8;
    unsigned memory_mib = 8192;
    unsigned disk_gib = 100;
    std::string virt_type = "kvm"; // nova.conf [libvirt] virt_type
    // Of its compute service, when it is not the cloud's. It decides what the service reports:
    // traits, and which version it is.
    std::string release = {};
    // What libvirt takes its QEMU to be able to do.
    std::set<TpmModel> tpm_models = {TpmModel::tis, TpmModel::crb};
    SwtpmPrograms swtpm_programs = SwtpmPrograms::all;
    friend bool operator==(const HostSpec&, const HostSpec&) = default;
};

struct CloudSpec {
    std::string release = "gazpacho"; // a release profile's name
    std::vector<HostSpec> hosts = {HostSpec{}};
    std::string quota_driver = "noop"; // or "unified-limits" (nova-vtpm §REQ-9)
    bool key_manager_in_catalog = true;
    // Barbican's defaults, "legacy" or "new", and what Atmosphere's options change of them.
    // spec: nova-vtpm §KEY-4, §KEY-11
    std::string barbican_policy = "legacy";
    bool barbican_policy_nova_secret_access = false;
    bool barbican_policy_admin_secret_access = false;
    // An operator's policy.yaml: its text, and what messages call it.
    std::string barbican_policy_file = {};
    std::string barbican_policy_file_name = "policy.yaml";
    // keystone.conf [token] expiration.
    unsigned token_expiration_s = 3600;
    // glance-api.conf [DEFAULT], in bytes. A quota of 0 is none.
    std::uint64_t image_size_cap = std::uint64_t{1} << 40;
    std::uint64_t user_storage_quota = 0;
    // nova.conf [DEFAULT]; an interval of 0 makes a delete final at once.
    bool allow_resize_to_same_host = false;
    unsigned reclaim_instance_interval_s = 0;
    // The operator's policy lets members migrate their own servers (nova-vtpm §LIF-RSZ-4).
    bool members_may_migrate = false;
    // nova.conf [DEFAULT]; a window of 0 leaves a resize to be confirmed by somebody.
    bool resume_guests_state_on_host_boot = false;
    unsigned resize_confirm_window_s = 0;
    // [service_user] is configured; mode deployment needs it.
    bool has_service_user = true;
    // Disks are rbd volumes, seen from every host (nova.conf [libvirt] images_type).
    bool shares_disks = false;
    // Of os-traits, as Placement has it (nova-vtpm §SCH-8).
    std::string os_traits_release = "3.3.0";
    friend bool operator==(const CloudSpec&, const CloudSpec&) = default;
};

} // namespace vtpmlab
