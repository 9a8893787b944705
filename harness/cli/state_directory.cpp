#include "cli/state_directory.h"

#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

// Its presence says "a cloud's state", its lock "in use now", its content by which process.
constexpr const char* marker = ".vtpmlab-state";

Status check_owner(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot look at '{}': {}", path.string(), std::strerror(errno)), {},
                    "name a directory of your own with --state");
    if (!S_ISDIR(info.st_mode))
        return fail(ErrorKind::usage, fmt::format("'{}' is no directory", path.string()), {},
                    "name a new or empty directory with --state");
    if (info.st_uid != ::geteuid())
        return fail(ErrorKind::usage, fmt::format("'{}' is another user's", path.string()), {},
                    "passwords and keys will stand in it: name one of your own with --state");
    return {};
}

} // namespace

Result<StateDirectory> StateDirectory::claim(const fs::path& asked) {
    std::error_code code;
    const fs::path path = fs::absolute(asked, code).lexically_normal();
    if (!fs::exists(path, code))
        VTPMLAB_CHECK(make_directories(path));
    VTPMLAB_CHECK(check_owner(path));
    const bool is_ours = fs::exists(path / marker, code);
    const bool is_empty = fs::is_empty(path, code);
    if (code)
        return fail(ErrorKind::lab,
                    fmt::format("cannot look into '{}': {}", path.string(), code.message()), {},
                    "name a directory of your own with --state");
    if (!is_ours && !is_empty)
        return fail(ErrorKind::usage,
                    fmt::format("'{}' is not empty and holds no cloud", path.string()), {},
                    "name a new or empty directory with --state");
    UniqueFd lock(::open((path / marker).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.is_open())
        return fail(ErrorKind::lab,
                    fmt::format("cannot write in '{}': {}", path.string(), std::strerror(errno)),
                    {}, "name a directory you may write to with --state");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        (void)!::read(lock.get(), owner.data(), owner.size() - 1);
        return fail(ErrorKind::usage,
                    fmt::format("another cloud (process {}) uses '{}'",
                                owner[0] == '\0' ? "?" : owner.data(), path.string()),
                    {}, "take it down with `vtpmlab down`, or name another directory with --state");
    }
    fs::permissions(path, fs::perms::owner_all, code);
    const auto owner = std::to_string(::getpid());
    if (code || ::ftruncate(lock.get(), 0) != 0 ||
        ::pwrite(lock.get(), owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size()))
        return fail(ErrorKind::lab, fmt::format("cannot write in '{}'", path.string()), {},
                    "look whether its disk is full");
    return StateDirectory(path, std::move(lock));
}

} // namespace vtpmlab::cli
