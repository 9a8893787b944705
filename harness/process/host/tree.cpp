#include "process/host/tree.h"

#include "process/file_tree.h"
#include "process/host/identity.h"
#include "process/unique_fd.h"

#include <vtpmlab/encoding.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace vtpmlab::host {
namespace {

namespace fs = std::filesystem;

// Bounded: a guest decides how long some of the logs grow.
constexpr off_t copied_bytes_of_a_file = off_t{64} << 20;

std::string first_bytes(const fs::path& file) {
    UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    std::array<unsigned char, listed_bytes_of_a_file> bytes{};
    const ssize_t got = fd.is_open() ? ::read(fd.get(), bytes.data(), bytes.size()) : 0;
    return hex(std::span(bytes).first(got > 0 ? static_cast<std::size_t>(got) : 0));
}

bool copy_bytes(const fs::path& source, const fs::path& destination) {
    UniqueFd from(::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!from.is_open())
        return true;
    UniqueFd to(::open(destination.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    char buffer[65536];
    for (off_t copied = 0; copied < copied_bytes_of_a_file;) {
        const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
        if (got <= 0)
            break;
        if (::write(to.get(), buffer, static_cast<std::size_t>(got)) != got)
            return false;
        copied += got;
    }
    return to.is_open();
}

bool copy_all(const fs::path& source, const fs::path& destination) {
    std::error_code code;
    fs::create_directories(destination, code);
    bool is_complete = !code;
    for (auto at = fs::recursive_directory_iterator(
             source, fs::directory_options::skip_permission_denied, code);
         !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
        std::error_code gone;
        const fs::path target = destination / at->path().lexically_relative(source);
        if (at->is_symlink(gone))
            continue;
        if (at->is_directory(gone))
            fs::create_directories(target, gone);
        else if (at->is_regular_file(gone))
            is_complete = copy_bytes(at->path(), target) && is_complete;
    }
    return is_complete;
}

// Everything under the directory, or errno. What goes away under the walk ends it early, as an
// iterator that met an error cannot go on.
int list(const fs::path& directory, std::string& text) {
    text.clear();
    std::error_code code;
    for (auto at = fs::recursive_directory_iterator(directory, code);
         !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
        struct stat info {};
        if (::lstat(at->path().c_str(), &info) != 0)
            continue; // gone since it was listed
        FileEntry entry;
        entry.path = at->path().lexically_relative(directory);
        entry.mode = info.st_mode;
        entry.uid = info.st_uid;
        entry.size_bytes = static_cast<std::uint64_t>(info.st_size);
        const std::string head = S_ISREG(info.st_mode) ? first_bytes(at->path()) : std::string();
        text += format_entry(entry, head);
        if (text.size() > most_listed_bytes)
            return E2BIG;
    }
    return code.value();
}

int print_list(const fs::path& directory) {
    std::string text;
    int code = 0;
    for (int tries = 0; tries < 5; ++tries) {
        code = list(directory, text);
        if (code != ENOENT || ::access(directory.c_str(), F_OK) != 0)
            break; // no such directory is an empty one
    }
    if (code != 0 && (code != ENOENT || ::access(directory.c_str(), F_OK) == 0))
        return code;
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? 0 : errno;
}

// Who can have no ids but their own has no files of others in a host either.
int run_with_ids_there_are(const std::function<int()>& body) {
    const auto code = run_with_ids(body);
    return code ? *code : body();
}

bool give_all(const fs::path& tree, uid_t user, gid_t group) {
    bool is_given = ::lchown(tree.c_str(), user, group) == 0;
    std::error_code code;
    for (auto at = fs::recursive_directory_iterator(tree, code);
         !code && at != fs::recursive_directory_iterator(); at.increment(code))
        is_given = ::lchown(at->path().c_str(), user, group) == 0 && is_given;
    return is_given && !code;
}

} // namespace

Status move_tree(const fs::path& source, const fs::path& destination, uid_t user, gid_t group) {
    int number = EINVAL;
    if (user != static_cast<uid_t>(-1) && group != static_cast<gid_t>(-1)) {
        number = run_with_ids_there_are([&] {
            if (give_all(source, user, group) && ::rename(source.c_str(), destination.c_str()) == 0)
                return 0;
            return errno != 0 ? errno : EIO;
        });
    }
    if (number != 0)
        return fail(ErrorKind::lab, fmt::format("cannot move {} to {}: {}", source.string(),
                                                destination.string(), std::strerror(number)));
    return {};
}

Status copy_tree(const fs::path& source, const fs::path& destination) {
    const int code = run_with_ids_there_are([&] { return copy_all(source, destination) ? 0 : 1; });
    if (code != 0)
        return fail(
            ErrorKind::lab,
            fmt::format("cannot copy all of {} to {}", source.string(), destination.string()), {},
            "check the destination's permissions and free disk space");
    return {};
}

Status list_tree(const fs::path& directory) {
    const int code = run_with_ids_there_are([&] { return print_list(directory); });
    if (code == E2BIG)
        return fail(ErrorKind::lab,
                    fmt::format("{} has more files than fit into {} KiB of a list",
                                directory.string(), most_listed_bytes >> 10),
                    {}, "spread the servers over more hosts");
    if (code != 0)
        return fail(ErrorKind::lab, fmt::format("cannot list all of {}: {}", directory.string(),
                                                std::strerror(code)));
    return {};
}

} // namespace vtpmlab::host
