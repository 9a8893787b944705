#pragma once
// One simulated compute host: a libvirt daemon of its own, in namespaces of its own, with its own
// name, UUID, users, disk and logs. Its power cut is a real one: QEMU, swtpm and the daemon die at
// once, the disk stays, /run and what was only in memory (ephemeral secrets) do not.
//
// Runs as root, and as an ordinary user with sub-ids. Guests' files are reached under the same
// paths inside and outside, as long as they are below the run's directory or not below /run. Where
// an ordinary user may have no namespaces the daemon is a session daemon: it has this machine's
// name, and swtpm runs as whoever runs it.

#include "hypervisor/libvirt/host_layout.h"
#include "process/sandbox.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace vtpmlab {

struct PrivateHostConfig {
    HostSpec spec{};
    std::string accelerator = "tcg";       // "kvm" only where guests really run under it
    std::filesystem::path run_directory{}; // seen by the host under the same path
    std::filesystem::path directory{};     // of this host alone, inside run_directory; short
    std::filesystem::path hosts_lock{};    // held while the host is on
    // Where libvirt's knowledge about QEMU (2 s to find out) is kept from host to host and from run
    // to run; empty: nowhere.
    std::filesystem::path capabilities_cache{};
    Confinement confinement = Confinement::namespaces;
    SandboxNetwork network = SandboxNetwork::own;
};

class PrivateHost {
public:
    // Writes the host's files; it is off. Kind skipped for a spec that a session daemon cannot
    // have.
    [[nodiscard]] static Result<std::unique_ptr<PrivateHost>> create(PrivateHostConfig config);
    ~PrivateHost();

    PrivateHost(const PrivateHost&) = delete;
    PrivateHost& operator=(const PrivateHost&) = delete;

    // On, with a daemon that answers. No error when it is on already.
    [[nodiscard]] Status boot();
    // Pulls the plug; everything in it is dead when this returns.
    [[nodiscard]] Status power_off();

    [[nodiscard]] const HostSpec& spec() const { return config_.spec; }
    // Of the host that is on; not to be used over a power cut.
    [[nodiscard]] Hypervisor& hypervisor() { return *hypervisor_; }

    // As seen from outside.
    [[nodiscard]] std::filesystem::path directory() const { return config_.directory; }
    [[nodiscard]] std::filesystem::path socket() const { return layout_.socket; }
    [[nodiscard]] std::filesystem::path instances_directory() const { return layout_.instances; }
    [[nodiscard]] std::filesystem::path swtpm_directory() const { return layout_.swtpm_states; }

    // Also while it is off.
    [[nodiscard]] Result<std::vector<TpmStateInfo>> tpm_states() const;
    // host.log, libvirt/libvirtd.log, libvirt/qemu/NAME.log, swtpm/libvirt/qemu/NAME-swtpm.log, …
    [[nodiscard]] Status collect_logs(const std::filesystem::path& destination) const;
    // Forgets the logs there are, so that the next case sees only its own.
    [[nodiscard]] Status clear_logs();

private:
    explicit PrivateHost(PrivateHostConfig config)
        : config_(std::move(config)), layout_(host_layout(config_.directory, config_.confinement)) {
    }

    [[nodiscard]] Status write_files();
    [[nodiscard]] Status write_system_files();
    [[nodiscard]] Status write_session_files();
    [[nodiscard]] SandboxSpec sandbox_spec() const;
    void confine(SandboxSpec& spec) const;
    [[nodiscard]] Status connect();
    [[nodiscard]] tl::unexpected<Error> boot_failure(const ExitStatus& status) const;
    void load_capabilities_cache() const;
    void save_capabilities_cache() const;

    PrivateHostConfig config_;
    HostLayout layout_;
    std::string passwd_;
    std::optional<Sandbox> sandbox_;
    std::unique_ptr<Hypervisor> hypervisor_;
};

} // namespace vtpmlab
