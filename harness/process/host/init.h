#pragma once
// A sandbox's two processes: the warden outside, which pulls the plug when it is told to or when
// the program that started it is gone, and the init inside, which arranges the namespaces, runs the
// program and reaps whatever its children leave.

#include "process/sandbox.h"

namespace vtpmlab::host {

// The descriptor on which the starting program's death is seen: nobody writes, it only ends.
constexpr int lifeline = 3;

// Returns the exit code for vtpmlab-host: the program's own, or 128 + the signal that ended it.
// Without namespaces the warden is the init: daemons become its children, and it kills them all.
[[nodiscard]] Result<int> run_sandbox(const SandboxSpec& spec);

} // namespace vtpmlab::host
