#pragma once
// Puts a host's directories and files on this machine's disk: what an installer does once, and what
// has to be there again at each boot. Where they are is host_layout.h's, what the files say
// host_files.h's.

#include "hypervisor/libvirt/host_layout.h"
#include "process/sandbox.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/result.h>

#include <string>
#include <vector>

namespace vtpmlab {

// The host's own passwd and group as texts; of a session the machine's passwd, and no group.
struct HostUsers {
    std::string passwd;
    std::string group;
};

[[nodiscard]] Result<HostUsers> install_host(const HostLayout& layout, const HostSpec& spec);

// Which of it a host in namespaces sees elsewhere.
[[nodiscard]] std::vector<SandboxBind> installed_binds(const HostLayout& layout);

// /run is empty after a boot.
[[nodiscard]] Status empty_runtime(const HostLayout& layout);

// HostLayout's swtpm_directories, those that are missing.
[[nodiscard]] Status make_swtpm_directories(const HostLayout& layout);

} // namespace vtpmlab
