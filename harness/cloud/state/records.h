#pragma once
// What the compute cloud remembers: flavors and servers as Nova's database has them, as far as a
// vTPM and its life cycle need. Values only; store.h keeps them.

#include <vtpmlab/clock.h>
#include <vtpmlab/tpm_rules.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::cloud {

struct Flavor {
    std::string id; // Nova's "flavorid": the one people name
    std::string name;
    std::optional<std::string> description;
    unsigned vcpus = 1;
    unsigned memory_mib = 0;
    unsigned disk_gib = 0;
    unsigned ephemeral_gib = 0;
    unsigned swap_mib = 0;
    double rxtx_factor = 1.0;
    bool is_public = true;
    Properties extra_specs;

    [[nodiscard]] FlavorRequest request() const { return {name, extra_specs}; }
};

// The image as it was when the server was made. Decisions use this copy, never Glance's present.
// spec: nova-vtpm §REQ-7
struct ImageCopy {
    std::string id;
    std::string name;
    std::string status;
    unsigned min_memory_mib = 0;
    unsigned min_disk_gib = 0;
    Properties properties; // without Glance's base fields

    [[nodiscard]] ImageRequest request() const { return {name, properties}; }
    [[nodiscard]] std::string property(std::string_view key) const {
        const auto found = properties.find(key);
        return found == properties.end() ? std::string() : found->second;
    }
};

enum class VmState { building, active, stopped, error, deleted };
enum class TaskState { none, scheduling, spawning, deleting };
enum class PowerState { none = 0, running = 1, shut_down = 4 };

[[nodiscard]] std::string_view to_string(VmState state);
[[nodiscard]] std::string_view to_string(TaskState state); // empty for none

struct Fault {
    int code = 500;
    std::string message;
    std::string details; // for administrators
    Clock::Time created_at{};
};

struct ServerRecord {
    std::string id;
    std::uint64_t number = 0; // "instance-%08x"
    std::string name;
    std::optional<std::string> description;
    std::string hostname;
    std::string user_id;
    std::string project_id;
    std::string reservation_id;
    unsigned launch_index = 0;
    Flavor flavor; // embedded
    ImageCopy image;
    Properties metadata;
    Properties system_metadata; // "vtpm_secret_uuid" lives here
    std::optional<std::string> user_data;
    bool config_drive = false;
    std::string requested_host; // of the create request, usually empty
    std::string host;           // empty before scheduling and after a failed build
    VmState vm_state = VmState::building;
    TaskState task_state = TaskState::scheduling;
    PowerState power_state = PowerState::none;
    Clock::Time created_at{};
    Clock::Time updated_at{};
    std::optional<Clock::Time> launched_at;
    std::optional<Clock::Time> terminated_at;
    std::optional<Fault> fault;
    std::vector<std::string> warnings;

    [[nodiscard]] std::string domain_name() const; // "instance-00000001"
    // Of the embedded copies, as every operation decides (spec: nova-vtpm §LIF-0d).
    [[nodiscard]] auto vtpm() const { return vtpm_constraint(flavor.request(), image.request()); }
};

inline constexpr std::string_view vtpm_secret_key = "vtpm_secret_uuid";

} // namespace vtpmlab::cloud
