#pragma once
// The states of a server in Nova's database, in Nova's own words, and the status the API makes of
// them.

#include <string_view>

namespace vtpmlab::cloud {

enum class VmState {
    building,
    active,
    paused,
    suspended,
    stopped,
    rescued,
    resized,
    soft_deleted,
    deleted,
    error,
    shelved,
    shelved_offloaded,
};

enum class TaskState {
    none,
    scheduling,
    spawning,
    image_snapshot,
    image_backup,
    resize_prep,
    resize_migrating,
    resize_migrated,
    resize_finish,
    resize_reverting,
    resize_confirming,
    rebooting,
    reboot_started,
    rebooting_hard,
    reboot_started_hard,
    pausing,
    unpausing,
    suspending,
    resuming,
    powering_off,
    powering_on,
    rescuing,
    unrescuing,
    rebuilding,
    rebuild_spawning,
    migrating,
    deleting,
    soft_deleting,
    restoring,
    shelving,
    shelving_offloading,
    unshelving,
};

// A deletion, soft or for good, has begun: no other operation may begin or save what would undo it.
[[nodiscard]] constexpr bool is_deletion(TaskState task) {
    return task == TaskState::deleting || task == TaskState::soft_deleting;
}

// The server may be on two hosts meanwhile.
[[nodiscard]] constexpr bool is_move(TaskState task) {
    switch (task) {
    case TaskState::resize_prep:
    case TaskState::resize_migrating:
    case TaskState::resize_migrated:
    case TaskState::resize_finish:
    case TaskState::resize_reverting:
    case TaskState::resize_confirming:
    case TaskState::migrating:
    case TaskState::rebuilding:
    case TaskState::rebuild_spawning:
    case TaskState::shelving:
    case TaskState::shelving_offloading:
    case TaskState::unshelving:
        return true;
    default:
        return false;
    }
}

// Numbers as the API shows them.
enum class PowerState {
    none = 0,
    running = 1,
    paused = 3,
    shut_down = 4,
    crashed = 6,
    suspended = 7
};

[[nodiscard]] std::string_view to_string(VmState state);
[[nodiscard]] std::string_view to_string(TaskState state); // empty for none

// "ACTIVE", "HARD_REBOOT", "VERIFY_RESIZE", …
[[nodiscard]] std::string_view server_status(VmState vm_state, TaskState task_state);

} // namespace vtpmlab::cloud
