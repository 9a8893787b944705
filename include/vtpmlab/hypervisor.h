#pragma once
// What the compute service needs of one host's hypervisor. Two implementations: the real libvirt
// (harness/hypervisor/libvirt) and the in-memory model (harness/hypervisor/model); the same typed
// contract tests run on both, and where they differ the model is wrong until shown otherwise.
//
// Calls are named as libvirt names them, not as Nova does: suspend() is Nova's pause,
// managed_save() is Nova's suspend, and Nova's hard reboot is destroy(), undefine(), define() and
// start().
//
// Every call is bounded in time. Errors are of kind lab (the machine: also while it is off) or
// product (libvirt, QEMU or swtpm refused); the message carries libvirt's own text and code. All
// calls are thread-safe. A Hypervisor stays what it is over power cuts and restarts of its daemon.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>
#include <vtpmlab/tpm.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
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
    // Why it is in this state, as libvirt's VIR_DOMAIN_<STATE>_<REASON> in small letters: "booted",
    // "restored", "migrated", "destroyed", "shutdown", "saved", "failed", "crashed", "user", …
    std::string reason{};
    bool is_persistent = true;     // undefined while it runs, it is gone when it stops
    bool has_managed_save = false; // start() restores it
};

// What happened to a domain, whoever caused it: libvirt's life-cycle events, as far as Nova looks
// at them. The detail is VIR_DOMAIN_EVENT_<KIND>_<DETAIL> in small letters.
struct DomainEvent {
    enum class Kind {
        started,   // "booted", "migrated", "restored", …
        suspended, // "paused", "migrated", "ioerror", …
        resumed,   // "unpaused", "migrated", …
        stopped,   // "shutdown" by the guest, "destroyed", "crashed", "migrated", "saved", "failed"
    };
    std::string uuid;
    Kind kind = Kind::started;
    std::string detail;
    friend bool operator==(const DomainEvent&, const DomainEvent&) = default;
};

// Alive: events come. When it is gone, none comes any more and none is on its way.
class EventSubscription {
public:
    EventSubscription() = default;
    EventSubscription(const EventSubscription&) = delete;
    EventSubscription& operator=(const EventSubscription&) = delete;
    virtual ~EventSubscription() = default;
};

// Live migration as Nova starts it: peer to peer, source undefined and destination persistent when
// it is through. The other host needs nothing defined but the TPM's secret.
struct Migration {
    std::string destination; // uri() of the other hypervisor
    DomainSpec domain;       // as it is to run there: same guest, the destination's own paths
    bool copies_disk = true; // VIR_MIGRATE_NON_SHARED_DISK; the destination's file must exist
    std::uint64_t bandwidth_mib_per_s = 0; // 0: as fast as it can
    // Then it is aborted (Nova's live_migration_completion_timeout).
    std::chrono::seconds completion_timeout{120};
};

// What stands in the host's swtpm directory for one instance (nova-vtpm §4.5).
struct TpmStateInfo {
    std::filesystem::path directory; // as seen from outside the host's namespaces
    std::string owner;               // user name, or "uid N"
    unsigned mode = 0;               // of the version directory
    unsigned root_mode = 0;          // of the directory in which the host has all of them
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
    // Where other hypervisors reach this one, for Migration::destination.
    [[nodiscard]] virtual std::string uri() const = 0;

    // Defines the secret and sets its value.
    [[nodiscard]] virtual Status define_secret(const SecretSpec& spec,
                                               const SecretValue& value) = 0;
    // No such secret is not an error (Nova's delete_secret is idempotent).
    [[nodiscard]] virtual Status undefine_secret(const std::string& uuid) = 0;
    [[nodiscard]] virtual Result<std::vector<SecretSpec>> secrets() = 0;
    // A private secret's is refused.
    [[nodiscard]] virtual Result<SecretValue> secret_value(const std::string& uuid) = 0;

    // Defines the persistent domain, without starting it. Refuses what libvirt refuses.
    [[nodiscard]] virtual Status define(const DomainSpec& spec) = 0;
    // Boots it, or restores it from its managed save. A restore that fails keeps the save.
    [[nodiscard]] virtual Status start(const std::string& uuid) = 0;
    // Asks the guest, by ACPI, to turn itself off; does not wait for it.
    [[nodiscard]] virtual Status shutdown(const std::string& uuid) = 0;
    // Stops and continues the virtual CPUs; memory and TPM stay as they are.
    [[nodiscard]] virtual Status suspend(const std::string& uuid) = 0;
    [[nodiscard]] virtual Status resume(const std::string& uuid) = 0;
    // Writes memory and volatile TPM state to the host's disk and stops.
    [[nodiscard]] virtual Status managed_save(const std::string& uuid) = 0;
    // Pulls the plug. A domain that is not running is not an error.
    [[nodiscard]] virtual Status destroy(const std::string& uuid) = 0;
    // Also removes its managed save. A domain that runs goes on, until it stops. No such domain is
    // not an error.
    [[nodiscard]] virtual Status undefine(const std::string& uuid, KeepTpm keep) = 0;

    // Returns when the guest runs on the other side, or still on this one: then with the reason.
    [[nodiscard]] virtual Status migrate(const std::string& uuid, const Migration& migration) = 0;
    // Makes the migration, save or copy under way fail. No job is not an error.
    [[nodiscard]] virtual Status abort_job(const std::string& uuid) = 0;
    // A copy of the running domain's disk at one moment, as Nova's live snapshot takes it. Only of
    // a domain that is not persistent: undefine() it before with KeepTpm::yes, define() it again.
    [[nodiscard]] virtual Status copy_disk(const std::string& uuid,
                                           const std::filesystem::path& to) = 0;

    [[nodiscard]] virtual Result<DomainInfo> info(const std::string& uuid) = 0;
    [[nodiscard]] virtual Result<DomainState> state(const std::string& uuid) = 0;
    [[nodiscard]] virtual Result<std::vector<DomainInfo>> domains() = 0;
    // The live XML of the domain, for the artefacts.
    [[nodiscard]] virtual Result<std::string> domain_xml(const std::string& uuid) = 0;

    // `on_event` may be called on any thread, also the one that makes a call here: it queues and
    // returns, and calls nothing of the hypervisor.
    [[nodiscard]] virtual Result<std::unique_ptr<EventSubscription>>
    subscribe(std::function<void(const DomainEvent&)> on_event) = 0;

    // All the TPM state directories of this host, whoever left them.
    [[nodiscard]] virtual Result<std::vector<TpmStateInfo>> tpm_states() = 0;
};

} // namespace vtpmlab
