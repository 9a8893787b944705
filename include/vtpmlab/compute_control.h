#pragma once
// The compute service (nova-compute) of one host, for whoever stops, kills and starts it on
// purpose. A client of the cloud never sees this.

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace vtpmlab {

// What a compute service does to a server, step by step: its log names them, and it can be killed
// after each.
namespace compute_step {
inline constexpr std::string_view secret_made = "vTPM secret made";
inline constexpr std::string_view disks_made = "disks made";
inline constexpr std::string_view secret_on_host = "vTPM secret on the host";
inline constexpr std::string_view domain_defined = "domain defined";
inline constexpr std::string_view domain_started = "domain started";
inline constexpr std::string_view domain_stopped = "domain stopped";
inline constexpr std::string_view domain_undefined = "domain undefined";
inline constexpr std::string_view domain_removed = "domain and TPM state removed";
inline constexpr std::string_view record_deleted = "record marked deleted";
inline constexpr std::string_view allocation_given_back = "allocation given back";
inline constexpr std::string_view secret_deleted = "vTPM secret deleted";
inline constexpr std::string_view directory_parked = "directory parked";
inline constexpr std::string_view disks_sent = "disks sent";
inline constexpr std::string_view tpm_parked = "TPM state parked";
inline constexpr std::string_view tpm_sent = "TPM state sent";
inline constexpr std::string_view tpm_restored = "TPM state restored";
inline constexpr std::string_view destination_prepared = "destination prepared";
inline constexpr std::string_view guest_migrated = "guest migrated";
inline constexpr std::string_view source_secret_removed = "vTPM secret off the source";
inline constexpr std::string_view handed_over = "server handed over";
inline constexpr std::string_view image_sent = "image sent";
inline constexpr std::string_view memory_saved = "memory saved";
inline constexpr std::string_view resize_taken_up = "resize taken up";
inline constexpr std::string_view parked_removed = "parked directory removed";
inline constexpr std::string_view directory_back = "directory back from parking";

inline constexpr std::array all = {
    secret_made,
    disks_made,
    secret_on_host,
    domain_defined,
    domain_started,
    domain_stopped,
    domain_undefined,
    domain_removed,
    record_deleted,
    allocation_given_back,
    secret_deleted,
    directory_parked,
    disks_sent,
    tpm_parked,
    tpm_sent,
    tpm_restored,
    destination_prepared,
    guest_migrated,
    source_secret_removed,
    handed_over,
    image_sent,
    memory_saved,
    resize_taken_up,
    parked_removed,
    directory_back,
};
} // namespace compute_step

// Lines of the host's nova.conf to be read at the next start; what is not set stays.
struct ComputeSettings {
    std::optional<bool> swtpm_enabled = {};
    std::optional<std::string> swtpm_user = {};
    std::optional<std::string> swtpm_group = {};
    std::optional<std::set<SecretSecurity>> supported_tpm_secret_security = {};
    std::optional<std::string> virt_type = {};
};

class ComputeControl {
public:
    ComputeControl() = default;
    ComputeControl(const ComputeControl&) = delete;
    ComputeControl& operator=(const ComputeControl&) = delete;
    virtual ~ComputeControl() = default;

    // Lets what runs come to its end. What is asked of it from now on waits for the next start.
    virtual void stop() = 0;
    // Dead between two steps of whatever it does, with nothing tidied up. Returns when it is.
    virtual void kill() = 0;
    // The same, right after something on this host has done that step: a name of compute_step.
    virtual void kill_after(std::string step) = 0;
    [[nodiscard]] virtual bool is_running() const = 0;
    virtual void configure(const ComputeSettings& settings) = 0;
    // Kind product: it refuses to start, in Nova's words, and is down. Started already is not an
    // error. What was left half done has been gone on with, as the system and without a token, when
    // this returns (nova-vtpm §5.9).
    [[nodiscard]] virtual Status start() = 0;
};

} // namespace vtpmlab
