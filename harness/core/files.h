#pragma once
// Files as the harness needs them: bounded reads, atomic writes, private directories, and errors
// that name the path and what to do.

#include <vtpmlab/result.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace vtpmlab {

enum class FileMode : unsigned { owner_only = 0600, readable = 0644 };

// At most `limit` bytes; more is an error, so that no file can fill the memory.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t limit = std::size_t{16} << 20);

// The last `limit` bytes, from the start of a line on. A missing file is an empty text: a guest
// that never started has no console.
[[nodiscard]] std::string tail_of_file(const std::filesystem::path& path, std::size_t limit);

// A reader sees the old content or the new, never a part, also when the writer is killed: written
// beside, renamed; a power cut may take it. The file has `mode` from its first byte on.
[[nodiscard]] Status write_file(const std::filesystem::path& path, std::string_view content,
                                FileMode mode = FileMode::readable);

[[nodiscard]] Status make_directories(const std::filesystem::path& path);

// $TMPDIR, or /tmp.
[[nodiscard]] std::filesystem::path temporary_root();

// A directory nobody else may enter (0700), removed with everything in it at the end of its life;
// after a kill -9 only with what it stands in.
class TemporaryDirectory {
public:
    // Named PREFIX-XXXXXX. Short, for UNIX sockets have 108 bytes.
    [[nodiscard]] static Result<TemporaryDirectory>
    create(std::string_view prefix, const std::filesystem::path& below = temporary_root());

    TemporaryDirectory(TemporaryDirectory&& other) noexcept;
    TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // Leaves it where it is, for --keep.
    std::filesystem::path release();

private:
    explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

} // namespace vtpmlab
