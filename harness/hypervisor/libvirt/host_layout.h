#pragma once
// Where a host's files are: below one directory, as seen from outside. A host in namespaces runs
// libvirt's system daemon, which sees them at the daemon's own paths; a host without runs the
// session daemon of an ordinary user, which is told with XDG variables where everything is.
// Values only.

#include "process/sandbox.h"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab {

struct HostDirectory {
    std::filesystem::path name;              // below the host's directory
    std::optional<std::filesystem::path> at; // where the host sees it, if it must be told
    mode_t mode = 0755;
};

// libvirt's name for HostLayout's swtpm_states, and Nova's in its messages.
inline constexpr const char* swtpm_root = "/var/lib/libvirt/swtpm";

struct HostLayout {
    Confinement confinement = Confinement::namespaces;
    std::filesystem::path root;

    std::filesystem::path configuration; // of libvirtd.conf and qemu.conf
    std::filesystem::path socket;
    std::filesystem::path swtpm_states;
    std::filesystem::path known_capabilities; // libvirt's cache of what QEMU can do
    std::filesystem::path instances;
    std::filesystem::path logs;
    std::filesystem::path daemon_log;
    std::filesystem::path guest_logs; // QEMU's; in a session, swtpm's as well
    std::filesystem::path swtpm_logs;
    // Which libvirt makes with the first TPM: of two first ones at once, one fails of the other's
    // mkdir (X8 of scenarios/docs/real_libvirt.md), so they are there before.
    std::vector<std::filesystem::path> swtpm_directories;
    std::filesystem::path runtime;  // empty after each boot
    std::filesystem::path pid_file; // as the daemon sees it, and so are the next two
    std::filesystem::path qemu_pids;
    std::filesystem::path swtpm_pids;
    // Where libvirt keeps sockets and pid files of guests: swtpm's, and QEMU's monitor.
    std::vector<std::filesystem::path> guest_sockets;
    std::filesystem::path local_ca; // swtpm-localca's, which signs the certificates of new TPMs

    std::vector<HostDirectory> directories;
    std::vector<std::pair<std::string, std::string>> environment; // of the daemon
};

[[nodiscard]] HostLayout host_layout(const std::filesystem::path& root, Confinement confinement);

} // namespace vtpmlab
