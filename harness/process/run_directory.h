#pragma once
// The one directory in which a run keeps everything it makes: hosts, sockets, state. It is gone
// after the run, also after kill -9: a janitor process outlives this one and removes it. What even
// the janitor could not remove is found and removed by the next run.

#include "process/process.h"

#include <vtpmlab/result.h>

#include <filesystem>

namespace vtpmlab {

// What the names of run directories begin with.
inline constexpr const char* run_directory_prefix = "vtpmlab-";
// Locked as long as the run or its janitor lives; its being there and free marks a stale run.
inline constexpr const char* run_lock_name = ".run";
// Locked (shared) by every sandbox of the run.
inline constexpr const char* hosts_lock_name = ".hosts";

class RunDirectory {
public:
    // Removes what dead runs left, then makes $TMPDIR/vtpmlab-XXXXXX (or in /tmp): short, for UNIX
    // sockets have 108 bytes, and closed to others.
    [[nodiscard]] static Result<RunDirectory> create();

    RunDirectory(RunDirectory&&) = default;
    RunDirectory& operator=(RunDirectory&&) = default;
    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;
    // Removes it. Everything that uses it must be gone.
    ~RunDirectory();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path hosts_lock() const { return path_ / hosts_lock_name; }
    [[nodiscard]] pid_t janitor() const { return janitor_.pid(); }

    // What the destructor does, for those who want to know how it went.
    Status remove();
    // Leaves it where it is, for --keep. The next run leaves it, too.
    std::filesystem::path keep();

private:
    RunDirectory(std::filesystem::path path, UniqueFd lock, UniqueFd lifeline, Process janitor)
        : path_(std::move(path)), lock_(std::move(lock)), lifeline_(std::move(lifeline)),
          janitor_(std::move(janitor)) {}

    std::filesystem::path path_; // empty: removed or kept
    UniqueFd lock_;
    UniqueFd lifeline_;
    Process janitor_;
};

// An error where too little is left of the disk that holds the directory: libvirtd, QEMU, swtpm and
// the services each fail in a way of their own then, and few of them say it clearly.
[[nodiscard]] Status check_disk_space(const std::filesystem::path& directory);

// Removes the directories of dead runs of this user under `base`; gives the ones removed. A
// directory that cannot be removed is left, for the sweep must not keep a run from starting.
std::vector<std::filesystem::path> sweep_stale_runs(const std::filesystem::path& base);

} // namespace vtpmlab
