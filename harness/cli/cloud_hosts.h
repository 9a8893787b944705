#pragma once
// The hosts of clouds, at either depth, as the compute side and the lab see them: a hypervisor, a
// place for instances, and logs to keep.

#include "hypervisor/libvirt/host_pool.h"
#include "hypervisor/model/model_hypervisor.h"
#include "process/run_directory.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/depth.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
    // See Lab::leftovers().
    [[nodiscard]] virtual Result<std::vector<Leftover>> leftovers() = 0;
    // See Lab::troubles().
    [[nodiscard]] virtual std::optional<Error> trouble() = 0;
    // See Lab::ask_model_probe.
    [[nodiscard]] virtual Result<std::string> ask_model_probe(const std::string& server_id,
                                                              const std::string& op,
                                                              const std::string& params) = 0;
    // Into `directory`, which exists. A host without processes has none.
    [[nodiscard]] virtual Status collect_logs(const std::filesystem::path& directory) const = 0;
};

// Where hosts come from: the directory of this run and, at depth guest, a pool of libvirt hosts in
// it. Hosts must be back before it goes; with it goes everything on this machine. Thread-safe.
class HostSource {
public:
    // Finds out which accelerator guests really run under, where it is to be real.
    [[nodiscard]] static Result<std::unique_ptr<HostSource>>
    open(Depth depth, const std::filesystem::path& guest_directory);

    [[nodiscard]] const std::filesystem::path& directory() const { return run_.path(); }
    // On and empty, in the order of `specs`. In-memory ones keep their instances below `scratch`.
    [[nodiscard]] Result<std::vector<std::unique_ptr<CloudHost>>>
    lend(const std::vector<HostSpec>& specs, const std::filesystem::path& scratch);
    // Ends all hosts and leaves the directory where it is, for --keep.
    std::filesystem::path keep();

private:
    explicit HostSource(RunDirectory run) : run_(std::move(run)) {}

    RunDirectory run_;
    std::optional<HostPool> pool_; // none at model depth; goes before the directory it works in
};

} // namespace vtpmlab::cli
