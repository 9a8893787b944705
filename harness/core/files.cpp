#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

std::string hint_for(int code) {
    switch (code) {
    case ENOENT:
        return "check the path";
    case EACCES:
    case EPERM:
        return "check the permissions of the path and of the directories above it";
    case ENOSPC:
    case EDQUOT:
        return "free some disk space, or choose another place with TMPDIR or --out";
    case EROFS:
        return "choose a place on a writable file system with TMPDIR or --out";
    default:
        return {};
    }
}

tl::unexpected<Error> failure(std::string_view what, const fs::path& path, int code) {
    return fail(ErrorKind::lab,
                fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(code)), {},
                hint_for(code));
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }
    // The result of close matters after a write: a full disk may be told only here.
    [[nodiscard]] int close() { return ::close(std::exchange(fd_, -1)); }

private:
    int fd_;
};

} // namespace

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0)
        return failure("read", path, errno);
    std::string content;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return failure("read", path, errno);
        }
        if (got == 0)
            return content;
        content.append(buffer, static_cast<std::size_t>(got));
        if (content.size() > limit)
            return fail(ErrorKind::lab,
                        fmt::format("cannot read {}: larger than {} bytes", path.string(), limit),
                        {}, "is it the file you mean?");
    }
}

std::string tail_of_file(const fs::path& path, std::size_t limit) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file)
        return {};
    const auto size = static_cast<std::size_t>(file.tellg());
    const std::size_t from = size > limit ? size - limit : 0;
    file.seekg(static_cast<std::streamoff>(from));
    std::string text(size - from, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (from > 0)
        if (const auto newline = text.find('\n'); newline != std::string::npos)
            text.erase(0, newline + 1);
    return text;
}

Status write_file(const fs::path& path, std::string_view content, FileMode mode) {
    std::string beside = path.string() + ".XXXXXX";
    Descriptor file(::mkostemp(beside.data(), O_CLOEXEC)); // 0600 from the start
    if (file.get() < 0)
        return failure("write", path, errno);
    auto give_up = [&](int code) {
        ::unlink(beside.c_str());
        return failure("write", path, code);
    };
    std::string_view left = content;
    while (!left.empty()) {
        const ssize_t done = ::write(file.get(), left.data(), left.size());
        if (done < 0) {
            if (errno == EINTR)
                continue;
            return give_up(errno);
        }
        left.remove_prefix(static_cast<std::size_t>(done));
    }
    if (::fchmod(file.get(), static_cast<mode_t>(mode)) != 0)
        return give_up(errno);
    if (file.close() != 0)
        return give_up(errno);
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return give_up(errno);
    return {};
}

Status make_directories(const fs::path& path) {
    std::error_code code;
    fs::create_directories(path, code);
    if (code)
        return failure("create directory", path, code.value());
    return {};
}

fs::path temporary_root() {
    const char* named = std::getenv("TMPDIR");
    return named != nullptr && *named != '\0' ? fs::path(named) : fs::path("/tmp");
}

Result<TemporaryDirectory> TemporaryDirectory::create(std::string_view prefix,
                                                      const fs::path& below) {
    std::string name = (below / fmt::format("{}-XXXXXX", prefix)).string();
    if (::mkdtemp(name.data()) == nullptr)
        return failure("create a directory under", below, errno);
    return TemporaryDirectory(fs::path(name));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored; // a destructor has nobody to tell
    if (!path_.empty())
        fs::remove_all(path_, ignored);
}

fs::path TemporaryDirectory::release() { return std::exchange(path_, {}); }

} // namespace vtpmlab
