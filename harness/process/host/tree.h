#pragma once
// Looking at files that belong to the caller's sub-ids (swtpm's state and logs), which the caller
// itself may not even list.

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <filesystem>

namespace vtpmlab::host {

// Copies the regular files under `source` to `destination`, which is made, as the caller's own.
// What goes away meanwhile is left out.
[[nodiscard]] Status copy_tree(const std::filesystem::path& source,
                               const std::filesystem::path& destination);

// Prints every entry under `directory` on standard output, in the form process/file_tree.h reads.
[[nodiscard]] Status list_tree(const std::filesystem::path& directory);

// Gives the tree to these ids of the host and renames it. An error leaves it where it was; -1 for
// an id, which chown takes for "leave it", is one.
[[nodiscard]] Status move_tree(const std::filesystem::path& source,
                               const std::filesystem::path& destination, uid_t user, gid_t group);

} // namespace vtpmlab::host
