#pragma once
// Outlives the program that started it, whatever killed that, and removes its run directory once
// nothing of its hosts is alive.

#include <vtpmlab/result.h>

#include <filesystem>

namespace vtpmlab::host {

// Waits for the end of the lifeline (descriptor 3), then removes `directory`; a byte on the
// lifeline says to leave it. Ignores the signals of a terminal.
[[nodiscard]] Status watch_over(const std::filesystem::path& directory);

// Removes the tree, also what belongs to the caller's sub-ids. Not there is not an error.
[[nodiscard]] Status remove_tree(const std::filesystem::path& directory);

} // namespace vtpmlab::host
