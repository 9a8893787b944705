#include "runner/out_directory.h"

#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vtpmlab::runner {
namespace {

namespace fs = std::filesystem;

// Its presence says "vtpmlab made this directory"; its lock says "and is writing to it now".
constexpr const char* marker = ".vtpmlab";
constexpr std::size_t longest_name = 120;

bool has_foreign_content(const fs::path& path) {
    std::error_code code;
    return !fs::exists(path / marker, code) && fs::is_directory(path, code) &&
           !fs::is_empty(path, code);
}

} // namespace

std::string directory_name(const std::string& case_name) {
    std::string name;
    for (char c : case_name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '=' || c == '.' ||
                           c == '+';
        if (plain)
            name += c;
        else if (c == '[' || c == ',' || c == '/')
            name += '.';
        else if (c != ']')
            name += '_';
    }
    if (name.empty() || name.front() == '.')
        name.insert(0, "_");
    if (name.size() > longest_name)
        name.resize(longest_name);
    return name;
}

Result<OutDirectory> OutDirectory::claim(const fs::path& path) {
    if (has_foreign_content(path))
        return fail(ErrorKind::usage,
                    fmt::format("'{}' is not empty and was not made by vtpmlab", path.string()), {},
                    "name a new or empty directory with --out");
    std::error_code code;
    if (fs::exists(path, code) && !fs::is_directory(path, code))
        return fail(ErrorKind::usage, fmt::format("'{}' is not a directory", path.string()), {},
                    "name a new or empty directory with --out");
    VTPMLAB_CHECK(make_directories(path));
    const fs::path file = path / marker;
    const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot write '{}': {}", file.string(), std::strerror(errno)), {},
                    "choose another directory with --out");
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock);
        return fail(ErrorKind::usage,
                    fmt::format("another run of vtpmlab is writing to '{}'", path.string()), {},
                    "wait for it, or choose another directory with --out");
    }
    return OutDirectory(path, lock);
}

OutDirectory::OutDirectory(OutDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)),
      reserved_(std::move(other.reserved_)) {}

OutDirectory& OutDirectory::operator=(OutDirectory&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    std::swap(reserved_, other.reserved_);
    return *this;
}

OutDirectory::~OutDirectory() {
    if (lock_ >= 0)
        ::close(lock_);
}

std::string OutDirectory::reserve(const std::string& case_name) {
    const std::string base = directory_name(case_name);
    std::string name = base;
    for (int number = 2; !reserved_.insert(name).second; ++number)
        name = fmt::format("{}~{}", base, number);
    return name;
}

Result<fs::path> OutDirectory::make(const std::string& reserved) const {
    const fs::path directory = path_ / reserved;
    std::error_code code;
    fs::remove_all(directory, code);
    VTPMLAB_CHECK(make_directories(directory));
    return directory;
}

} // namespace vtpmlab::runner
