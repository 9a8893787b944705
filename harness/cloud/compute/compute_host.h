#pragma once
// One compute host as the cloud is given it.

#include "cloud/compute/startup_rules.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>

#include <filesystem>

namespace vtpmlab::cloud {

struct ComputeHost {
    HostSpec spec;
    Hypervisor* hypervisor = nullptr; // outlives the cloud, and so do its files
    InstanceFiles* files = nullptr;
    // As seen by this process and by the host's QEMU alike. Short: sockets of guests stand below.
    std::filesystem::path instances_dir;
    Accounts accounts{};
};

} // namespace vtpmlab::cloud
