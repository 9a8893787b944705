#pragma once
// The machine under a hypervisor, for whoever runs the lab: its power, its daemon, and what can go
// wrong with it. A compute service never sees this.

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab {

// What stays wrong until it is mended, and what it is at guest depth.
enum class HostFault {
    // swtpm-localca's directory is not swtpm's to write in, so no new TPM gets its certificates
    // (swtpm issue 572). TPMs that are there go on.
    swtpm_setup_fails,
    // The next files from another host break off half-way, with scp's words.
    copy_fails,
    // The same, of the TPM's state alone: the disk has come over by then (nova-vtpm §10.2 D14).
    tpm_copy_fails,
    // /var/lib/libvirt/swtpm is a file (nova-vtpm §11.7 R28). Only while it has no state in it.
    swtpm_root_is_a_file,
    // It is not there, as before the first TPM of a host (nova-vtpm §11.7 R29). The same.
    swtpm_root_is_absent,
    // The file system of /var/lib/libvirt/swtpm has no block left: at guest depth a small one of
    // its own, which gives ENOSPC to whoever writes there. The same, and session daemons cannot.
    swtpm_disk_is_full,
};

inline constexpr std::array all_host_faults = {
    HostFault::swtpm_setup_fails,    HostFault::copy_fails,           HostFault::tpm_copy_fails,
    HostFault::swtpm_root_is_a_file, HostFault::swtpm_root_is_absent, HostFault::swtpm_disk_is_full,
};

[[nodiscard]] constexpr std::string_view to_string(HostFault fault) {
    switch (fault) {
    case HostFault::swtpm_setup_fails:
        return "swtpm_setup fails";
    case HostFault::copy_fails:
        return "copy fails";
    case HostFault::tpm_copy_fails:
        return "TPM copy fails";
    case HostFault::swtpm_root_is_a_file:
        return "swtpm root is a file";
    case HostFault::swtpm_root_is_absent:
        return "swtpm root is absent";
    case HostFault::swtpm_disk_is_full:
        return "swtpm disk is full";
    }
    return "unknown fault";
}

class HostMachine {
public:
    HostMachine() = default;
    HostMachine(const HostMachine&) = delete;
    HostMachine& operator=(const HostMachine&) = delete;
    virtual ~HostMachine() = default;

    // Pulls the plug: guests, daemon and TPMs are dead when this returns, the disk stays. Off
    // already is not an error.
    [[nodiscard]] virtual Status power_off() = 0;
    // On, with a daemon that answers. On already is not an error.
    [[nodiscard]] virtual Status boot() = 0;
    // Guests go on; what was only in the daemon's memory (ephemeral secrets) is gone.
    [[nodiscard]] virtual Status restart_libvirtd() = 0;

    // From outside, as the kernel's out-of-memory killer would.
    [[nodiscard]] virtual Status kill_qemu(const std::string& uuid) = 0;
    [[nodiscard]] virtual Status kill_swtpm(const std::string& uuid) = 0;
    // Somebody removes libvirt's secret files; what the daemon knows it forgets when it restarts.
    [[nodiscard]] virtual Status lose_secret_files() = 0;

    // Twice the same is not an error; neither is mending what is not broken.
    [[nodiscard]] virtual Status break_with(HostFault fault) = 0;
    [[nodiscard]] virtual Status mend(HostFault fault) = 0;

    // As Hypervisor's, also while the host is off.
    [[nodiscard]] virtual Result<std::vector<TpmStateInfo>> tpm_states() = 0;
    // Would the state of that instance's TPM open with this passphrase? Asks the software TPM
    // itself, with a copy, so that a running guest notices nothing. No state is an error of kind
    // product.
    [[nodiscard]] virtual Result<bool> opens_tpm_state(const std::string& uuid,
                                                       const SecretValue& passphrase) = 0;
};

} // namespace vtpmlab
