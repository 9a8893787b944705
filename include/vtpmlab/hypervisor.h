#pragma once
// What the compute service needs of one host's hypervisor. Two implementations: the real libvirt
// (harness/hypervisor/libvirt) and the in-memory model (harness/hypervisor/model); the same typed
// contract tests run on both, and where they differ the model is wrong until shown otherwise.
//
// Every call is bounded in time. Errors are of kind lab (the machine) or product (libvirt, QEMU or
// swtpm refused); the message carries libvirt's own text and code. All calls are thread-safe.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>
#include <vtpmlab/tpm.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab {

// spec: nova-vtpm §SCH-9, from the domain capabilities of the host's first machine type.
struct HypervisorCapabilities {
    std::string hostname;
    std::string host_uuid;
    std::string libvirt_version; // "9.0.0"
    std::string qemu_version;
    std::string accelerator; // "tcg" or "kvm"
    std::string machine;     // canonical machine type, "pc-i440fx-7.2"
    bool supports_emulated_tpm = false;
    std::set<TpmModel> tpm_models;
    // Empty when libvirt is too old to say (< 8.6): then both versions count as supported.
    std::set<TpmVersion> tpm_versions;
    bool may_keep_tpm_on_undefine = false; // libvirt >= 8.9
};

// spec: nova-vtpm §4.3. The usage type is always vtpm.
struct SecretSpec {
    std::string uuid;       // Barbican's
    std::string usage_name; // the instance's UUID
    bool ephemeral = true;
    bool is_private = true;
};

struct DomainTpm {
    TpmDevice device;
    std::string secret_uuid;
    friend bool operator==(const DomainTpm&, const DomainTpm&) = default;
};

// Direct kernel boot, as Nova does it for an image with kernel_id and ramdisk_id.
struct DirectBoot {
    std::filesystem::path kernel;
    std::filesystem::path initrd;
    std::string command_line;
};

struct DomainSpec {
    std::string uuid; // the instance's
    std::string name; // "instance-00000001"
    std::string display_name;
    std::uint64_t memory_mib = 256;
    unsigned vcpus = 1;
    std::optional<DirectBoot> boot;
    std::optional<std::filesystem::path> disk; // raw file, owned by the instance directory
    std::filesystem::path console_log;         // first serial port, appended to by QEMU
    std::filesystem::path probe_socket;        // second serial port, UNIX socket made by QEMU
    std::optional<DomainTpm> tpm;
};

enum class DomainState { running, paused, shut_off, crashed, other };

struct DomainInfo {
    std::string uuid;
    std::string name;
    DomainState state = DomainState::other;
};

// What stands in the host's swtpm directory for one instance (nova-vtpm §4.5).
struct TpmStateInfo {
    std::filesystem::path directory; // as seen from outside the host's namespaces
    std::string owner;               // user name, or "uid N"
    unsigned mode = 0;               // of the version directory
    std::optional<TpmVersion> version;
    bool is_encrypted = false; // the state blob's header says so
    std::uint64_t size_bytes = 0;
};

enum class KeepTpm { no, yes };

class Hypervisor {
public:
    Hypervisor() = default;
    Hypervisor(const Hypervisor&) = delete;
    Hypervisor& operator=(const Hypervisor&) = delete;
    virtual ~Hypervisor() = default;

    [[nodiscard]] virtual Result<HypervisorCapabilities> capabilities() = 0;

    // Defines the secret and sets its value.
    [[nodiscard]] virtual Status define_secret(const SecretSpec& spec,
                                               const SecretValue& value) = 0;
    // No such secret is not an error (Nova's delete_secret is idempotent).
    [[nodiscard]] virtual Status undefine_secret(const std::string& uuid) = 0;
    [[nodiscard]] virtual Result<std::vector<SecretSpec>> secrets() = 0;

    // Defines the persistent domain, without starting it. Refuses what libvirt refuses.
    [[nodiscard]] virtual Status define(const DomainSpec& spec) = 0;
    [[nodiscard]] virtual Status start(const std::string& uuid) = 0;
    // Pulls the plug. A domain that is not running is not an error.
    [[nodiscard]] virtual Status destroy(const std::string& uuid) = 0;
    // No such domain is not an error.
    [[nodiscard]] virtual Status undefine(const std::string& uuid, KeepTpm keep) = 0;
    [[nodiscard]] virtual Result<DomainState> state(const std::string& uuid) = 0;
    [[nodiscard]] virtual Result<std::vector<DomainInfo>> domains() = 0;
    // The live XML of the domain, for the artefacts.
    [[nodiscard]] virtual Result<std::string> domain_xml(const std::string& uuid) = 0;

    // All the TPM state directories of this host, whoever left them.
    [[nodiscard]] virtual Result<std::vector<TpmStateInfo>> tpm_states() = 0;
};

} // namespace vtpmlab
