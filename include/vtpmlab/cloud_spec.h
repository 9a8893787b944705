#pragma once
// The cloud a scenario asks for: its hosts and the switches the seed documents name. Values only;
// loaded from the `cloud:` part of a scenario, built by harness/cli.

#include <vtpmlab/depth.h>
#include <vtpmlab/tpm.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab {

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
    friend bool operator==(const HostSpec&, const HostSpec&) = default;
};

struct CloudSpec {
    std::string release = "gazpacho"; // a release profile's name
    std::vector<HostSpec> hosts = {HostSpec{}};
    std::string quota_driver = "noop"; // or "unified-limits" (nova-vtpm §REQ-9)
    bool key_manager_in_catalog = true;
    // nova.conf [DEFAULT]; a time of 0 turns the periodic task off.
    bool allow_resize_to_same_host = false;
    bool resume_guests_state_on_host_boot = false;
    unsigned resize_confirm_window_s = 0;
    unsigned reclaim_instance_interval_s = 0;
    // The operator's policy lets members migrate their own servers (nova-vtpm §LIF-RSZ-4).
    bool members_may_migrate = false;
    friend bool operator==(const CloudSpec&, const CloudSpec&) = default;
};

} // namespace vtpmlab
