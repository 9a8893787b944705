#pragma once
// A run with a pool of real hosts, and the reason why there can be none here.

#include "hypervisor/libvirt/host_pool.h"
#include "process/process.h"
#include "process/run_directory.h"

#include <optional>
#include <string>

namespace vtpmlab {

// Nothing where hosts can be started. A tool that is missing is a reason; one that fails is not.
inline std::optional<std::string> why_no_hosts() {
    for (const char* tool : {"libvirtd", "qemu-system-x86_64", "swtpm", "swtpm_setup"})
        if (!find_program(tool))
            return std::string(tool) + " is not installed";
    return std::nullopt;
}

struct TestRun {
    RunDirectory directory = RunDirectory::create().value();
    HostPool pool{HostPoolConfig{.run_directory = directory.path(),
                                 .hosts_lock = directory.hosts_lock(),
                                 .accelerator = "tcg",
                                 .capabilities_cache = default_capabilities_cache()}};
};

} // namespace vtpmlab
