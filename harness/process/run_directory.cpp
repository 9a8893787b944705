#include "process/run_directory.h"

#include "core/files.h"
#include "process/file_tree.h"
#include "process/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Longer than the janitor's own deadlines together.
constexpr auto janitor_ends_within = 60s;

constexpr std::size_t random_letters = 6; // of TemporaryDirectory
constexpr const char* unborn_lock_name = ".run.new";
constexpr auto born_within = 60s; // a directory is locked at once, or whoever made it is dead

// A host with a guest writes some 2 MiB, its image some 16.
constexpr std::uintmax_t needed_disk_bytes = std::uintmax_t{16} << 20;

// Made and locked under another name first, so that no sweep can see it unlocked.
Result<UniqueFd> lock_run(const fs::path& directory) {
    const fs::path path = directory / run_lock_name;
    const fs::path fresh = directory / unborn_lock_name;
    UniqueFd lock(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 ||
        ::rename(fresh.c_str(), path.c_str()) != 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot lock {}: {}", path.string(), std::strerror(errno)), {},
                    "choose a directory on a local file system with TMPDIR");
    return lock;
}

// Somebody was killed between making the directory and locking it. The name must be one of
// RunDirectory's own: tests and people have empty directories as well.
bool holds_nothing_but_an_unborn_lock(const fs::path& directory) {
    if (directory.filename().string().size() != std::strlen(run_directory_prefix) + random_letters)
        return false;
    std::error_code code;
    for (auto at = fs::directory_iterator(directory, code); !code && at != fs::directory_iterator();
         at.increment(code))
        if (at->path().filename() != unborn_lock_name)
            return false;
    return !code;
}

bool is_stale_run(const fs::path& directory) {
    struct stat info {};
    if (::lstat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
        info.st_uid != ::geteuid())
        return false;
    const UniqueFd lock(
        ::open((directory / run_lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (lock.is_open())
        return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
    return errno == ENOENT && std::time(nullptr) - info.st_mtime > born_within.count() &&
           holds_nothing_but_an_unborn_lock(directory);
}

} // namespace

Result<RunDirectory> RunDirectory::create() {
    (void)sweep_stale_runs(temporary_root());
    VTPMLAB_TRY(TemporaryDirectory directory, TemporaryDirectory::create("vtpmlab"));
    VTPMLAB_TRY(UniqueFd lock, lock_run(directory.path()));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorKind::lab, fmt::format("cannot make a pipe: {}", std::strerror(errno)), {},
                    "raise the limit of open files (ulimit -n)");
    UniqueFd theirs(ends[0]), ours(ends[1]);
    ProcessSpec spec;
    VTPMLAB_TRY(spec.program, host_program());
    spec.arguments = {"janitor", directory.path()};
    spec.directory = "/";
    spec.descriptors = {theirs.get(), lock.get()};
    spec.session = ProcessSession::own;
    VTPMLAB_TRY(Process janitor, Process::start(spec));
    return RunDirectory(directory.release(), std::move(lock), std::move(ours), std::move(janitor));
}

RunDirectory::~RunDirectory() { (void)remove(); }

Status RunDirectory::remove() {
    if (path_.empty())
        return {};
    const fs::path path = std::exchange(path_, {});
    lifeline_.reset(); // the janitor's sign
    const auto status = janitor_.wait(Deadline::in(janitor_ends_within));
    if (!status || !status->is_success())
        return fail(ErrorKind::lab,
                    fmt::format("cannot remove {}: the janitor {}", path.string(),
                                status ? "failed with " + status->text() : "is still waiting"),
                    {}, "the next run tries again");
    return {};
}

fs::path RunDirectory::keep() {
    (void)!::write(lifeline_.get(), "k", 1);
    (void)janitor_.wait(Deadline::in(janitor_ends_within));
    std::error_code ignored;
    fs::remove(path_ / run_lock_name, ignored);
    return std::exchange(path_, {});
}

Status check_disk_space(const fs::path& directory) {
    std::error_code code;
    const fs::space_info space = fs::space(directory, code);
    if (code || space.available >= needed_disk_bytes)
        return {};
    return fail(ErrorKind::lab,
                fmt::format("the disk of {} is full: {} KiB are free, and {} MiB are needed",
                            directory.string(), space.available >> 10, needed_disk_bytes >> 20),
                {}, "free some disk space, or choose another place with TMPDIR");
}

std::vector<fs::path> sweep_stale_runs(const fs::path& base) {
    std::vector<fs::path> removed;
    std::error_code code;
    for (auto at = fs::directory_iterator(base, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
        const fs::path& path = at->path();
        if (path.filename().string().starts_with(run_directory_prefix) && is_stale_run(path) &&
            remove_file_tree(path))
            removed.push_back(path);
    }
    return removed;
}

} // namespace vtpmlab
