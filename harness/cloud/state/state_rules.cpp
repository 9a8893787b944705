#include "cloud/state/state_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using enum VmState;

const std::vector<VmState> snapshot_states = {active, stopped, paused, suspended};

// nova/compute/task_states.py, ALLOW_REBOOT
const std::vector<TaskState> reboot_tasks = {TaskState::none,           TaskState::rebooting,
                                             TaskState::reboot_started, TaskState::resuming,
                                             TaskState::rebooting_hard, TaskState::unpausing,
                                             TaskState::pausing,        TaskState::suspending};

const std::vector<TaskState> any_task;
const std::vector<TaskState> no_task = {TaskState::none};

// nova/compute/api.py: check_instance_state, check_instance_lock
const std::vector<StateRule>& table() {
    static const std::vector<StateRule> rules = {
        {"stop", {active, error}, no_task, TaskState::powering_off},
        {"start", {stopped}, no_task, TaskState::powering_on},
        {"reboot", {active}, no_task, TaskState::rebooting},
        {"reboot HARD",
         {active, stopped, paused, suspended, error},
         reboot_tasks,
         TaskState::rebooting_hard},
        {"pause", {active}, no_task, TaskState::pausing},
        {"unpause", {paused}, no_task, TaskState::unpausing},
        {"suspend", {active}, no_task, TaskState::suspending},
        {"resume", {suspended}, no_task, TaskState::resuming},
        {"resize", {active, stopped}, no_task, TaskState::resize_prep},
        {"migrate", {active, stopped}, no_task, TaskState::resize_prep},
        {"confirmResize", {resized}},
        {"revertResize", {resized}, no_task, TaskState::resize_reverting},
        {"os-migrateLive", {active, paused}, no_task, TaskState::migrating},
        {"evacuate", {active, stopped, error}, any_task, TaskState::rebuilding, true, false},
        {"rebuild", {active, stopped, error}, no_task, TaskState::rebuilding},
        {"shelve", {active, stopped, paused, suspended}, no_task, TaskState::shelving},
        {"shelveOffload", {shelved}, no_task, TaskState::shelving_offloading},
        {"unshelve", {shelved, shelved_offloaded}, no_task, TaskState::unshelving},
        {"rescue", {active, stopped, error}, no_task, TaskState::rescuing},
        {"unrescue", {rescued}, no_task, TaskState::unrescuing},
        {"createImage", snapshot_states, no_task, TaskState::image_snapshot, true, false},
        {"createBackup", snapshot_states, no_task, TaskState::image_backup, true, false},
        {"restore", {soft_deleted}, no_task, TaskState::restoring},
        {"forceDelete", {}, any_task, TaskState::deleting, false},
        {"delete", {}, any_task, TaskState::deleting, false},
    };
    return rules;
}

template <typename State>
bool allows(const std::vector<State>& allowed, State state) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), state) != allowed.end();
}

} // namespace

const StateRule* find_state_rule(std::string_view action) {
    for (const auto& rule : table())
        if (rule.action == action)
            return &rule;
    return nullptr;
}

std::optional<std::string> state_violation(const StateRule& rule, const ServerRecord& server,
                                           bool is_admin) {
    // SOFT and HARD are two rules of one action.
    const auto action = rule.action.substr(0, rule.action.find(" HARD"));
    const auto refused = [&](std::string_view attribute, std::string_view state) {
        return fmt::format("Cannot '{}' instance {} while it is in {} {}", action, server.id,
                           attribute, state);
    };
    if (rule.minds_lock && server.locked && !is_admin)
        return fmt::format("Instance {} is locked", server.id);
    if (!allows(rule.vm_states, server.vm_state))
        return refused("vm_state", to_string(server.vm_state));
    const bool task_fits = allows(rule.task_states, server.task_state);
    if (!task_fits && server.task_state != TaskState::none)
        return refused("task_state", to_string(server.task_state));
    // Nova has no words for being in no task, nor for never having been up.
    if (!task_fits || (rule.needs_launched && !server.launched_at))
        return fmt::format("Instance {} is in an invalid state for '{}'", server.id, action);
    return std::nullopt;
}

std::string vtpm_refusal(std::string_view operation, const std::string& server_id) {
    return fmt::format("Operation '{}' not supported for vTPM-enabled instance ({}).", operation,
                       server_id);
}

} // namespace vtpmlab::cloud
