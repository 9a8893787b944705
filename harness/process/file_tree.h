#pragma once
// Trees with files of other users inside: the sub-ids' of a simulated host. An ordinary user reads
// them through vtpmlab-host, which is root in a user namespace; root simply reads them.

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab {

constexpr std::size_t listed_bytes_of_a_file = 16;
// Of a tree's list, some 500 entries: a program's output is kept to 64 KiB.
constexpr std::size_t most_listed_bytes = std::size_t{60} << 10;

struct FileEntry {
    std::filesystem::path path{}; // relative to the tree
    mode_t mode = 0;              // type and permissions
    uid_t uid = 0;                // as seen from inside the host
    std::uint64_t size_bytes = 0;
    std::vector<unsigned char> head{}; // the first bytes of a regular file
    friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

// All entries, in no order. A tree that does not exist is an empty one; one that cannot be read to
// its end, or has too many entries, is an error.
[[nodiscard]] Result<std::vector<FileEntry>> list_file_tree(const std::filesystem::path& tree);

// Copies the regular files; the copies belong to the caller.
[[nodiscard]] Status copy_file_tree(const std::filesystem::path& tree,
                                    const std::filesystem::path& destination);

// Removes everything, whoever owns it.
[[nodiscard]] Status remove_file_tree(const std::filesystem::path& tree);

// Renames a tree as the host's root, and gives it, with everything in it, to a user and a group as
// seen from inside the host: 0 is the host's root, which outside is the caller.
[[nodiscard]] Status move_file_tree(const std::filesystem::path& tree,
                                    const std::filesystem::path& destination, uid_t user,
                                    gid_t group);

// The text form in which vtpmlab-host tells one entry: ends with a NUL, for a path may hold
// anything else.
[[nodiscard]] std::string format_entry(const FileEntry& entry, const std::string& head_hex);
[[nodiscard]] Result<std::vector<FileEntry>> parse_entries(std::string_view text);

} // namespace vtpmlab
