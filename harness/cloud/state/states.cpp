#include "cloud/state/states.h"

#include <array>
#include <utility>

namespace vtpmlab::cloud {
namespace {

constexpr std::array<std::pair<VmState, std::string_view>, 12> vm_states = {{
    {VmState::building, "building"},
    {VmState::active, "active"},
    {VmState::paused, "paused"},
    {VmState::suspended, "suspended"},
    {VmState::stopped, "stopped"},
    {VmState::rescued, "rescued"},
    {VmState::resized, "resized"},
    {VmState::soft_deleted, "soft-delete"},
    {VmState::deleted, "deleted"},
    {VmState::error, "error"},
    {VmState::shelved, "shelved"},
    {VmState::shelved_offloaded, "shelved_offloaded"},
}};

constexpr std::array<std::pair<TaskState, std::string_view>, 32> task_states = {{
    {TaskState::none, ""},
    {TaskState::scheduling, "scheduling"},
    {TaskState::spawning, "spawning"},
    {TaskState::image_snapshot, "image_snapshot"},
    {TaskState::image_backup, "image_backup"},
    {TaskState::resize_prep, "resize_prep"},
    {TaskState::resize_migrating, "resize_migrating"},
    {TaskState::resize_migrated, "resize_migrated"},
    {TaskState::resize_finish, "resize_finish"},
    {TaskState::resize_reverting, "resize_reverting"},
    {TaskState::resize_confirming, "resize_confirming"},
    {TaskState::rebooting, "rebooting"},
    {TaskState::reboot_started, "reboot_started"},
    {TaskState::rebooting_hard, "rebooting_hard"},
    {TaskState::reboot_started_hard, "reboot_started_hard"},
    {TaskState::pausing, "pausing"},
    {TaskState::unpausing, "unpausing"},
    {TaskState::suspending, "suspending"},
    {TaskState::resuming, "resuming"},
    {TaskState::powering_off, "powering-off"},
    {TaskState::powering_on, "powering-on"},
    {TaskState::rescuing, "rescuing"},
    {TaskState::unrescuing, "unrescuing"},
    {TaskState::rebuilding, "rebuilding"},
    {TaskState::rebuild_spawning, "rebuild_spawning"},
    {TaskState::migrating, "migrating"},
    {TaskState::deleting, "deleting"},
    {TaskState::soft_deleting, "soft-deleting"},
    {TaskState::restoring, "restoring"},
    {TaskState::shelving, "shelving"},
    {TaskState::shelving_offloading, "shelving_offloading"},
    {TaskState::unshelving, "unshelving"},
}};

template <typename State, std::size_t Size>
constexpr bool is_in_order(const std::array<std::pair<State, std::string_view>, Size>& table) {
    for (std::size_t i = 0; i < Size; ++i)
        if (static_cast<std::size_t>(table[i].first) != i)
            return false;
    return true;
}
static_assert(is_in_order(vm_states) && is_in_order(task_states));

bool is_resizing(TaskState task) {
    return task == TaskState::resize_prep || task == TaskState::resize_migrating ||
           task == TaskState::resize_migrated || task == TaskState::resize_finish;
}
bool is_rebuilding(TaskState task) {
    return task == TaskState::rebuilding || task == TaskState::rebuild_spawning;
}

} // namespace

std::string_view to_string(VmState state) {
    return vm_states[static_cast<std::size_t>(state)].second;
}

std::string_view to_string(TaskState state) {
    return task_states[static_cast<std::size_t>(state)].second;
}

std::string_view server_status(VmState vm_state, TaskState task) {
    switch (vm_state) {
    case VmState::building:
        return "BUILD";
    case VmState::active:
        if (task == TaskState::rebooting || task == TaskState::reboot_started)
            return "REBOOT";
        if (task == TaskState::rebooting_hard || task == TaskState::reboot_started_hard)
            return "HARD_REBOOT";
        if (is_rebuilding(task))
            return "REBUILD";
        if (task == TaskState::migrating)
            return "MIGRATING";
        return is_resizing(task) ? "RESIZE" : "ACTIVE";
    case VmState::stopped:
        if (is_rebuilding(task))
            return "REBUILD";
        return is_resizing(task) ? "RESIZE" : "SHUTOFF";
    case VmState::resized:
        return task == TaskState::resize_reverting ? "REVERT_RESIZE" : "VERIFY_RESIZE";
    case VmState::paused:
        return task == TaskState::migrating ? "MIGRATING" : "PAUSED";
    case VmState::suspended:
        return "SUSPENDED";
    case VmState::rescued:
        return "RESCUE";
    case VmState::error:
        return is_rebuilding(task) ? "REBUILD" : "ERROR";
    case VmState::deleted:
        return "DELETED";
    case VmState::soft_deleted:
        return "SOFT_DELETED";
    case VmState::shelved:
        return "SHELVED";
    case VmState::shelved_offloaded:
        return "SHELVED_OFFLOADED";
    }
    return "UNKNOWN";
}

} // namespace vtpmlab::cloud
