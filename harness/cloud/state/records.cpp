#include "cloud/state/records.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

std::string_view to_string(VmState state) {
    switch (state) {
    case VmState::building:
        return "building";
    case VmState::active:
        return "active";
    case VmState::stopped:
        return "stopped";
    case VmState::error:
        return "error";
    case VmState::deleted:
        return "deleted";
    }
    return "error";
}

std::string_view to_string(TaskState state) {
    switch (state) {
    case TaskState::none:
        return "";
    case TaskState::scheduling:
        return "scheduling";
    case TaskState::spawning:
        return "spawning";
    case TaskState::deleting:
        return "deleting";
    }
    return "";
}

std::string ServerRecord::domain_name() const { return fmt::format("instance-{:08x}", number); }

} // namespace vtpmlab::cloud
