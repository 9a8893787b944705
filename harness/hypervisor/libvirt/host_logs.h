#pragma once
// The logs of a host: host.log of the sandbox, libvirt-calls.log of what the lab asked of libvirt,
// and those of the daemon and its guests. What they say of a boot that failed, and how they are
// forgotten between two cases.

#include "hypervisor/libvirt/host_layout.h"
#include "process/process.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>

namespace vtpmlab {

[[nodiscard]] std::filesystem::path host_log(const HostLayout& layout);
[[nodiscard]] std::filesystem::path call_log(const HostLayout& layout);

// Of kind product when the daemon refused the settings it was given: no broken lab.
[[nodiscard]] Error boot_failure(const HostLayout& layout, const std::string& host,
                                 const ExitStatus& status);

// The host may be on.
[[nodiscard]] Status clear_host_logs(const HostLayout& layout);

} // namespace vtpmlab
