#pragma once
// What a sandbox sees of the file system, made with bind mounts in a mount namespace of its own.
// Nothing is ever made outside: a place that does not exist is made on a tmpfs which covers its
// nearest parent and shows all that was there before.

#include "process/sandbox.h"

#include <vtpmlab/result.h>

namespace vtpmlab::host {

// Only in a new mount namespace.
[[nodiscard]] Status arrange_mounts(const SandboxSpec& spec);

// From now on `directory` is a file system of its own, empty but for what fills it: names can be
// made there, and nothing can be written (ENOSPC).
[[nodiscard]] Status cover_with_full_disk(const std::filesystem::path& directory);
// Shows what was there before. Refused while anything stands on the full one, for it would be lost
// unseen.
[[nodiscard]] Status uncover_full_disk(const std::filesystem::path& directory);

} // namespace vtpmlab::host
