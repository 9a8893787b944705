#pragma once
// Which operation may begin in which state: one table, as the decorators of Nova's compute API say
// it, with the words of the 409.

#include "cloud/state/records.h"

#include <vtpmlab/release_profile.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::cloud {

struct StateRule {
    std::string_view action;             // as the refusal names it: "os-migrateLive"
    std::vector<VmState> vm_states = {}; // empty: any
    std::vector<TaskState> task_states = {TaskState::none}; // empty: any
    TaskState begins = TaskState::none; // the task it sets; none: it sets no task
    bool needs_launched = true;         // the server has been up once
    bool minds_lock = true;             // refused while locked, except for an administrator
};

// Null for a name that is in no table.
[[nodiscard]] const StateRule* find_state_rule(std::string_view action);

// The text of the 409, if the operation may not begin.
[[nodiscard]] std::optional<std::string> state_violation(const StateRule& rule,
                                                         const ServerRecord& server, bool is_admin);

// The names of operations Nova blocks for every vTPM server, as its text names them: "rebuild",
// "shelve", "rescue", "evacuate", "live-migration".
// spec: nova-vtpm §LIF-0b
[[nodiscard]] std::string vtpm_refusal(std::string_view operation, const std::string& server_id);

} // namespace vtpmlab::cloud
