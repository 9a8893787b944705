#include "hypervisor/libvirt/host_layout.h"

namespace vtpmlab {
namespace {

// Nothing of the caller's own environment decides which QEMU or swtpm is run.
constexpr const char* path_variable =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What swtpm's user must write to is open to all: outside, only the run's owner can come near.
HostLayout system_layout(const std::filesystem::path& root) {
    HostLayout layout;
    layout.configuration = root / "etc";
    layout.socket = root / "run/libvirt-sock";
    layout.swtpm_states = root / "lib/swtpm";
    layout.known_capabilities = root / "cache/qemu/capabilities";
    layout.runtime = root / "run";
    layout.pid_file = "/run/libvirtd.pid";
    layout.qemu_pids = "/run/libvirt/qemu";
    layout.swtpm_pids = "/run/libvirt/qemu/swtpm";
    layout.guest_sockets = {root / "run/qemu", root / "lib/qemu"};
    layout.local_ca = root / "localca";
    layout.swtpm_logs = root / "log/swtpm/libvirt";
    layout.swtpm_directories = {root / "run/qemu/swtpm", root / "log/swtpm/libvirt/qemu"};
    layout.directories = {
        {"etc", "/etc/libvirt"},          {"lib", "/var/lib/libvirt"},
        {"lib/tmp", std::nullopt, 01777}, {"cache", "/var/cache/libvirt"},
        {"run", "/run/libvirt"},          {"log/libvirt", "/var/log/libvirt"},
        {"log/swtpm", "/var/log/swtpm"},  {"localca", "/var/lib/swtpm-localca", 0777},
        {"files", std::nullopt},
    };
    // swtpm_setup keeps keys and certificates in temporary files; they must go with the host.
    layout.environment = {{"TMPDIR", "/var/lib/libvirt/tmp"}, {"HOME", "/root"}};
    return layout;
}

HostLayout session_layout(const std::filesystem::path& root) {
    HostLayout layout;
    layout.configuration = root / "config/libvirt";
    layout.socket = root / "run/libvirt/libvirt-sock";
    layout.swtpm_states = root / "config/libvirt/qemu/swtpm";
    layout.known_capabilities = root / "cache/libvirt/qemu/capabilities";
    layout.runtime = root / "run";
    layout.pid_file = root / "run/libvirtd.pid";
    layout.qemu_pids = root / "run/libvirt/qemu/run";
    layout.swtpm_pids = root / "run/libvirt/qemu/run/swtpm";
    layout.guest_sockets = {root / "run/libvirt/qemu/run", root / "config/libvirt/qemu/lib"};
    layout.local_ca = root / "config/var/lib/swtpm-localca";
    layout.swtpm_logs = root / "log/libvirt/qemu";
    layout.swtpm_directories = {root / "run/libvirt/qemu/run/swtpm"};
    layout.directories = {
        {"config/libvirt", std::nullopt}, {"cache/libvirt/qemu", std::nullopt},
        {"run", std::nullopt, 0700},      {"log/libvirt/qemu", std::nullopt},
        {"home", std::nullopt},           {"tmp", std::nullopt},
    };
    const auto variable = [&](const char* name, const char* directory) {
        layout.environment.emplace_back(name, (root / directory).string());
    };
    variable("TMPDIR", "tmp");
    variable("HOME", "home");
    variable("XDG_CONFIG_HOME", "config");
    variable("XDG_CACHE_HOME", "cache");
    variable("XDG_DATA_HOME", "home");
    variable("XDG_RUNTIME_DIR", "run");
    // Guests are not to be registered with the caller's own session.
    layout.environment.emplace_back("DBUS_SESSION_BUS_ADDRESS", "disabled:");
    return layout;
}

} // namespace

HostLayout host_layout(const std::filesystem::path& root, Confinement confinement) {
    HostLayout layout =
        confinement == Confinement::namespaces ? system_layout(root) : session_layout(root);
    layout.confinement = confinement;
    layout.root = root;
    layout.instances = root / "instances";
    layout.logs = root / "log";
    layout.daemon_log = root / "log/libvirt/libvirtd.log";
    layout.guest_logs = root / "log/libvirt/qemu";
    layout.directories.push_back({"instances", std::nullopt});
    layout.environment.emplace_back("PATH", path_variable);
    layout.environment.emplace_back("LC_ALL", "C");
    return layout;
}

} // namespace vtpmlab
