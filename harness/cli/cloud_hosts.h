#pragma once
// The hosts of one cloud, at either depth, as the compute side and the lab see them: a hypervisor,
// a place for instances, and logs to keep.

#include "hypervisor/libvirt/host_pool.h"
#include "hypervisor/model/model_hypervisor.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <string>

namespace vtpmlab::cli {

class CloudHost {
public:
    CloudHost() = default;
    CloudHost(const CloudHost&) = delete;
    CloudHost& operator=(const CloudHost&) = delete;
    virtual ~CloudHost() = default;

    [[nodiscard]] virtual const HostSpec& spec() const = 0;
    [[nodiscard]] virtual Hypervisor& hypervisor() = 0;
    [[nodiscard]] virtual InstanceFiles& files() = 0;
    [[nodiscard]] virtual HostMachine& machine() = 0;
    [[nodiscard]] virtual std::filesystem::path instances_directory() const = 0;
    // Into `directory`, which exists. A host without processes has none.
    [[nodiscard]] virtual Status collect_logs(const std::filesystem::path& directory) const = 0;
};

// In memory; its instances stand below `directory`, and go with it.
[[nodiscard]] Result<std::unique_ptr<CloudHost>> model_host(const HostSpec& spec,
                                                            const std::filesystem::path& directory);
// A private libvirtd, lent by the pool until the host goes.
[[nodiscard]] Result<std::unique_ptr<CloudHost>> libvirt_host(const HostSpec& spec, HostPool& pool);

} // namespace vtpmlab::cli
