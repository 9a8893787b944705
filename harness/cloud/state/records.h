#pragma once
// What the compute cloud remembers: flavors and servers as Nova's database has them, as far as a
// vTPM and its life cycle need. Values only; store.h keeps them.

#include "cloud/state/states.h"

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
    std::vector<std::string> projects; // that may use it though it is not public
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

// What its owner reads of a server in ERROR.
struct InstanceFault {
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
    // Of the create request, as it was asked.
    std::string key_name; // of a pair of the user's; empty: none
    std::vector<std::string> tags;
    std::vector<std::string> trusted_certificates;
    std::string access_ip_v4, access_ip_v6;
    std::string disk_config = "MANUAL";
    std::string requested_zone; // usually empty, as is the host
    std::string requested_host;
    std::string host; // empty before scheduling and after a failed build
    VmState vm_state = VmState::building;
    TaskState task_state = TaskState::scheduling;
    PowerState power_state = PowerState::none;
    Clock::Time created_at{};
    Clock::Time updated_at{};
    std::optional<Clock::Time> launched_at;
    std::optional<Clock::Time> terminated_at;
    std::optional<InstanceFault> fault;
    std::vector<std::string> warnings;
    bool locked = false;
    std::string locked_by; // "owner": somebody of the project; "admin": somebody else
    std::optional<std::string> locked_reason;
    // While a resize is neither confirmed nor reverted: both flavors, and the state it began in.
    std::optional<Flavor> old_flavor;
    std::optional<Flavor> new_flavor;
    std::optional<VmState> old_vm_state;
    // What a rescued server boots from.
    std::optional<ImageCopy> rescue_image;

    [[nodiscard]] std::string domain_name() const; // "instance-00000001"
    // Of the embedded copies, as every operation decides (spec: nova-vtpm §LIF-0d).
    [[nodiscard]] auto vtpm() const { return vtpm_constraint(flavor.request(), image.request()); }
};

// A soft deletion is over, and nothing has begun that would end it.
[[nodiscard]] inline bool is_softly_deleted(const ServerRecord& server) {
    return server.vm_state == VmState::soft_deleted && server.task_state == TaskState::none;
}

inline constexpr std::string_view vtpm_secret_key = "vtpm_secret_uuid";

// One step of an action, as one service saw it.
struct ActionEvent {
    std::string name; // "compute_stop_instance"
    std::string host; // empty: not on a compute host
    Clock::Time started_at{};
    std::optional<Clock::Time> finished_at;
    std::optional<std::string> error; // the exception as shown; none: Success
};

// What somebody asked of a server: kept when the server is gone.
struct InstanceAction {
    std::string server_id;
    std::string server_project_id;
    std::string request_id;
    std::string action; // "stop"
    std::string user_id;
    std::string project_id;
    Clock::Time started_at{};
    Clock::Time updated_at{};
    bool has_failed = false;
    std::vector<ActionEvent> events; // oldest first
};

// A server's way from one host to another (or back to the same one, with another flavor).
struct Migration {
    std::uint64_t id = 0;
    std::string uuid; // the consumer of the source's allocation while it lasts
    std::string server_id;
    std::string type;   // "resize", "migration", "live-migration", "evacuation"
    std::string status; // "pre-migrating", "finished", "confirmed", …, in Nova's words
    std::string source;
    std::string destination;
    std::string old_flavor_id;
    std::string new_flavor_id;
    std::string user_id;
    std::string project_id;
    Clock::Time created_at{};
    Clock::Time updated_at{};

    // Of a live migration: it can be shown, and perhaps still be stopped.
    [[nodiscard]] bool is_under_way() const;
};

} // namespace vtpmlab::cloud
