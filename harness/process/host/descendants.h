#pragma once
// Ending all that a program has started, where no PID namespace holds it together: what has made
// itself a daemon comes back to this process, as its nearest subreaper.

#include <vtpmlab/result.h>

namespace vtpmlab::host {

// From now on, whatever below this process loses its parent becomes its child.
[[nodiscard]] Status adopt_descendants();

// Kills and reaps until nothing is below this process any more; an error when something is still
// there after 10 s.
[[nodiscard]] Status kill_descendants();

} // namespace vtpmlab::host
