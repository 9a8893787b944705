#pragma once
// All that a program has started, directly or not, where no PID namespace holds it together: what
// has made itself a daemon comes back to this process, as its nearest subreaper.

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <vector>

namespace vtpmlab::host {

// From now on, whatever below this process loses its parent becomes its child.
[[nodiscard]] Status adopt_descendants();

// The processes below this one, as /proc has them now.
[[nodiscard]] std::vector<pid_t> descendants();

// Kills and reaps until nothing is below this process any more; an error when something is still
// there after 10 s.
[[nodiscard]] Status kill_descendants();

} // namespace vtpmlab::host
