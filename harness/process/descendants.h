#pragma once
// All that a process has started, directly or not, as /proc has it now. What makes itself a daemon
// stays below its nearest subreaper or, in a PID namespace, below the namespace's init; from
// outside, both are seen.

#include <sys/types.h>

#include <string>
#include <vector>

namespace vtpmlab {

struct RunningProcess {
    pid_t pid = 0; // as seen from here
    pid_t parent = 0;
    std::vector<std::string> command{}; // its arguments; none of one that has ended
    friend bool operator==(const RunningProcess&, const RunningProcess&) = default;
};

// Without `root` itself, parents before their children.
[[nodiscard]] std::vector<RunningProcess> descendants_of(pid_t root);

} // namespace vtpmlab
