#pragma once
// Copies between hosts that share this machine's files, as scp between two real ones would make
// them.

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>

namespace vtpmlab {

enum class CopyBreaksOff { no, half_way };

// A file or a tree: contents and modes, owned by the caller, through symbolic links never. Half-way
// means: all directories, half of the first file, and then the error scp would print, of kind
// product.
[[nodiscard]] Status copy_between_hosts(const std::filesystem::path& from,
                                        const std::filesystem::path& to,
                                        CopyBreaksOff breaks_off = CopyBreaksOff::no);

// What Python's shutil.move leaves when the other file system has no space: the whole tree, in
// which no file has a byte, and the original. And what it says, as the text of an exception.
[[nodiscard]] Status copy_names(const std::filesystem::path& from, const std::filesystem::path& to);
[[nodiscard]] std::string no_space_left(const std::filesystem::path& to);

} // namespace vtpmlab
