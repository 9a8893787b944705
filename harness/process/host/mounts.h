#pragma once
// What a sandbox sees of the file system, made with bind mounts in a mount namespace of its own.
// Nothing is ever made outside: a place that does not exist is made on a tmpfs which covers its
// nearest parent and shows all that was there before.

#include "process/sandbox.h"

#include <vtpmlab/result.h>

namespace vtpmlab::host {

// Only in a new mount namespace.
[[nodiscard]] Status arrange_mounts(const SandboxSpec& spec);

} // namespace vtpmlab::host
