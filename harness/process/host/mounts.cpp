#include "process/host/mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

namespace vtpmlab::host {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failure(std::string what, int code) {
    std::string hint;
    if (code == EPERM || code == EACCES)
        hint = "a container that masks /proc or forbids mounts cannot hold hosts: run it with "
               "--privileged, or run outside";
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, std::strerror(code)), {},
                std::move(hint));
}

Status mount_or_fail(const char* source, const fs::path& target, const char* type,
                     unsigned long flags, const std::string& options, const std::string& what) {
    if (::mount(source, target.c_str(), type, flags, options.empty() ? nullptr : options.c_str()) !=
        0)
        return failure(what, errno);
    return {};
}

// Where an open descriptor can be named as a mount source, even under a mount that hides its path.
std::string path_of(const UniqueFd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

Result<UniqueFd> open_path(const fs::path& path) {
    UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!fd.is_open())
        return failure("open " + path.string(), errno);
    return fd;
}

Status make_file(const fs::path& path) {
    UniqueFd fd(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (!fd.is_open())
        return failure("make " + path.string(), errno);
    return {};
}

class Arrangement {
public:
    // A tmpfs over `directory`: empty, with the directory's own mode.
    Status cover_empty(const fs::path& directory) {
        struct stat info {};
        if (::stat(directory.c_str(), &info) != 0)
            return failure("look at " + directory.string(), errno);
        VTPMLAB_CHECK(mount_or_fail("vtpmlab", directory, "tmpfs", MS_NOSUID,
                                    fmt::format("mode={:o}", info.st_mode & 07777),
                                    "mount a tmpfs on " + directory.string()));
        ours_.insert(directory);
        return {};
    }

    // A tmpfs over `directory` that shows everything in it but `left_out`.
    Status cover(const fs::path& directory, const std::string& left_out) {
        VTPMLAB_TRY(const UniqueFd old, open_path(directory));
        VTPMLAB_TRY(const auto names, entries(old, directory));
        VTPMLAB_CHECK(cover_empty(directory));
        for (const std::string& name : names)
            if (name != left_out)
                VTPMLAB_CHECK(show(old, directory, name));
        return {};
    }

    // Makes `target` something that can be mounted on.
    Status prepare(const fs::path& target, bool is_directory) {
        struct stat info {};
        if (::lstat(target.c_str(), &info) == 0) {
            if (!S_ISLNK(info.st_mode))
                return {};
            // Mounting follows a link, and this one may dangle: it goes, in our view alone.
            if (ours_.contains(target.parent_path()))
                ::unlink(target.c_str());
            else
                VTPMLAB_CHECK(cover(target.parent_path(), target.filename()));
        }
        VTPMLAB_CHECK(prepare_parents(target.parent_path()));
        if (!is_directory)
            return make_file(target);
        if (::mkdir(target.c_str(), 0755) != 0 && errno != EEXIST)
            return failure("make " + target.string(), errno);
        return {};
    }

private:
    static Result<std::vector<std::string>> entries(const UniqueFd& directory,
                                                    const fs::path& path) {
        const int fd = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> list(fd < 0 ? nullptr : ::fdopendir(fd),
                                                       &::closedir);
        if (!list)
            return failure("list " + path.string(), errno);
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(list.get()))
            if (const std::string name = entry->d_name; name != "." && name != "..")
                names.push_back(name);
        return names;
    }

    static Status show(const UniqueFd& old, const fs::path& directory, const std::string& name) {
        const fs::path target = directory / name;
        struct stat info {};
        if (::fstatat(old.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? Status{} : failure("look at " + target.string(), errno);
        if (S_ISLNK(info.st_mode)) {
            std::error_code code;
            fs::create_symlink(fs::read_symlink(path_of(old) + "/" + name, code), target, code);
            return {};
        }
        if (S_ISDIR(info.st_mode))
            ::mkdir(target.c_str(), 0755);
        else
            VTPMLAB_CHECK(make_file(target));
        const std::string source = path_of(old) + "/" + name;
        if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0 &&
            errno != ENOENT) // gone since it was listed
            return failure("show " + target.string(), errno);
        return {};
    }

    Status prepare_parents(const fs::path& directory) {
        std::error_code ignored;
        if (fs::is_directory(directory, ignored)) {
            if (is_ours(directory))
                return {};
            return cover(directory, {});
        }
        const fs::path parent = directory.parent_path();
        VTPMLAB_CHECK(prepare_parents(parent));
        if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
            return failure("make " + directory.string(), errno);
        ours_.insert(directory);
        return {};
    }

    [[nodiscard]] bool is_ours(const fs::path& directory) const {
        return ours_.contains(directory);
    }

    std::set<fs::path> ours_; // directories on a tmpfs of this arrangement
};

// The one block a full disk has is this file's.
constexpr const char* ballast = ".full";

} // namespace

Status arrange_mounts(const SandboxSpec& spec) {
    VTPMLAB_CHECK(mount_or_fail("none", "/", nullptr, MS_REC | MS_PRIVATE, {},
                                "take the mounts apart from the machine's"));
    // All sources first: what follows may hide them.
    std::vector<UniqueFd> sources;
    for (const SandboxBind& bind : spec.binds) {
        VTPMLAB_TRY(UniqueFd source, open_path(bind.source));
        sources.push_back(std::move(source));
    }

    Arrangement arrangement;
    std::error_code ignored;
    for (const fs::path& directory : spec.emptied)
        if (fs::is_directory(directory, ignored))
            VTPMLAB_CHECK(arrangement.cover_empty(fs::canonical(directory, ignored)));
    for (const fs::path& path : spec.hidden)
        if (fs::exists(fs::symlink_status(path, ignored)))
            VTPMLAB_CHECK(arrangement.cover(path.parent_path(), path.filename()));
    for (std::size_t i = 0; i < spec.binds.size(); ++i) {
        const fs::path& target = spec.binds[i].target;
        const std::string source = path_of(sources[i]);
        VTPMLAB_CHECK(arrangement.prepare(target, fs::is_directory(source, ignored)));
        VTPMLAB_CHECK(mount_or_fail(
            source.c_str(), target, nullptr, MS_BIND | MS_REC, {},
            fmt::format("bind {} to {}", spec.binds[i].source.string(), target.string())));
    }
    // Last, since the descriptors above are named through the old one.
    return mount_or_fail("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, {},
                         "mount /proc");
}

Status cover_with_full_disk(const fs::path& directory) {
    VTPMLAB_CHECK(mount_or_fail("vtpmlab-full", directory, "tmpfs", MS_NOSUID, "size=4k,mode=0711",
                                "mount a small tmpfs on " + directory.string()));
    const UniqueFd fd(::open((directory / ballast).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    if (!fd.is_open() || ::write(fd.get(), "x", 1) != 1)
        return failure("fill " + directory.string(), errno);
    return {};
}

Status uncover_full_disk(const fs::path& directory) {
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(directory, code))
        if (entry.path().filename() != ballast)
            return fail(ErrorKind::lab,
                        fmt::format("{} stands on the full disk", entry.path().string()));
    if (code)
        return failure("look at " + directory.string(), code.value());
    if (::umount2(directory.c_str(), 0) != 0)
        return failure("unmount " + directory.string(), errno);
    return {};
}

} // namespace vtpmlab::host
