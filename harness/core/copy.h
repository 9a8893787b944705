#pragma once
// Copies between hosts that share this machine's files, as scp between two real ones would make
// them.

#include <vtpmlab/result.h>

#include <filesystem>

namespace vtpmlab {

enum class CopyBreaksOff { no, half_way };

// A file or a tree: contents and modes, owned by the caller, through symbolic links never. Half-way
// means: all directories, half of the first file, and then the error scp would print, of kind
// product.
[[nodiscard]] Status copy_between_hosts(const std::filesystem::path& from,
                                        const std::filesystem::path& to,
                                        CopyBreaksOff breaks_off = CopyBreaksOff::no);

} // namespace vtpmlab
