#pragma once
// One simulated compute host: a libvirt daemon of its own, in namespaces of its own, with its own
// name, UUID, users, disk and logs. Its power cut is a real one: QEMU, swtpm and the daemon die at
// once, the disk stays, /run and what was only in memory (ephemeral secrets) do not.
//
// Runs as root, and as an ordinary user with sub-ids. Guests' files are reached under the same
// paths inside and outside, as long as they are below the run's directory or not below /run. Where
// an ordinary user may have no namespaces the daemon is a session daemon: it has this machine's
// name, and swtpm runs as whoever runs it.
//
// A host that is to lack a TPM model has this machine's QEMU; its libvirt is told otherwise by its
// own cache of what that QEMU can do, which it believes as long as the program's time is the same.

#include "hypervisor/libvirt/call_watch.h"
#include "hypervisor/libvirt/host_install.h"
#include "hypervisor/libvirt/host_layout.h"
#include "process/sandbox.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
    // For each call to its libvirt. The longest on a busy machine is a domain's first start, some
    // 10 s; past this the host is powered off.
    std::chrono::milliseconds call_patience{120'000};
};

class LibvirtHypervisor;

class PrivateHost final : public HostMachine, public InstanceFiles {
public:
    // Writes the host's files; it is off. Kind skipped for a spec that a session daemon cannot
    // have.
    [[nodiscard]] static Result<std::unique_ptr<PrivateHost>> create(PrivateHostConfig config);
    ~PrivateHost() override;

    [[nodiscard]] Status boot() override;
    [[nodiscard]] Status power_off() override;
    [[nodiscard]] Status restart_libvirtd() override;
    [[nodiscard]] Status kill_qemu(const std::string& uuid) override;
    [[nodiscard]] Status kill_swtpm(const std::string& uuid) override;
    [[nodiscard]] Status lose_secret_files() override;
    [[nodiscard]] Status break_with(HostFault fault) override;
    [[nodiscard]] Status mend(HostFault fault) override;
    // Everything that is broken.
    [[nodiscard]] Status mend_all();
    [[nodiscard]] Result<std::vector<TpmStateInfo>> tpm_states() override;
    [[nodiscard]] Result<bool> opens_tpm_state(const std::string& uuid,
                                               const SecretValue& passphrase) override;

    [[nodiscard]] Result<bool> save_tpm_state(const std::string& uuid,
                                              const std::filesystem::path& into) override;
    [[nodiscard]] Status restore_tpm_state(const std::filesystem::path& saved,
                                           const std::string& user,
                                           const std::string& group) override;
    [[nodiscard]] Status receive(const std::filesystem::path& from,
                                 const std::filesystem::path& to) override;

    [[nodiscard]] const HostSpec& spec() const { return config_.spec; }
    // The same one as long as this lives.
    [[nodiscard]] Hypervisor& hypervisor();

    // What a case left in the host: domains, secrets, TPM state, instance directories; processes,
    // sockets and pid files of no domain that runs. The host is on.
    [[nodiscard]] Result<std::vector<Leftover>> leftovers();

    // Why a host that should be on is not: a call that hung, a daemon that ended by itself.
    [[nodiscard]] std::optional<Error> trouble();

    // As seen from outside.
    [[nodiscard]] std::filesystem::path directory() const { return config_.directory; }
    [[nodiscard]] std::filesystem::path socket() const { return layout_.socket; }
    [[nodiscard]] std::filesystem::path instances_directory() const { return layout_.instances; }
    [[nodiscard]] std::filesystem::path swtpm_directory() const { return layout_.swtpm_states; }

    // host.log, libvirt-calls.log, libvirt/libvirtd.log, libvirt/qemu/NAME.log,
    // swtpm/libvirt/qemu/NAME-swtpm.log, …
    [[nodiscard]] Status collect_logs(const std::filesystem::path& destination) const;
    // Forgets the logs there are, so that the next case sees only its own.
    [[nodiscard]] Status clear_logs();

private:
    explicit PrivateHost(PrivateHostConfig config);

    [[nodiscard]] SandboxSpec sandbox_spec() const;
    void confine(SandboxSpec& spec) const;
    [[nodiscard]] Status power_off_locked();
    void pull_plug(); // from any thread, whatever else is going on
    [[nodiscard]] Status connect();
    [[nodiscard]] Status order(const std::string& what);
    [[nodiscard]] bool is_on();
    [[nodiscard]] Status forget_tpm_models();
    // private_host_files.cpp
    [[nodiscard]] Status make_swtpm_root();
    // private_host_faults.cpp
    [[nodiscard]] Status remove_swtpm_root();
    [[nodiscard]] Status fill_swtpm_disk();

    PrivateHostConfig config_;
    HostLayout layout_;
    HostUsers users_;
    std::unique_ptr<LibvirtHypervisor> hypervisor_;
    std::mutex mutex_; // over the two below, while the host's power or daemon changes
    std::optional<Sandbox> sandbox_;
    std::set<HostFault> faults_;
    std::mutex plug_mutex_; // over the coming and going of sandbox_: whoever pulls the plug of a
                            // call that hangs cannot wait for who holds mutex_ meanwhile
    CallWatch watch_;
    std::unique_ptr<Hypervisor> watched_;
};

} // namespace vtpmlab
