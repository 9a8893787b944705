#include "cli/journal_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

fs::path older(const fs::path& path) { return path.string() + ".1"; }

tl::unexpected<Error> cannot_write(const fs::path& path) {
    return fail(ErrorKind::lab, fmt::format("cannot write the journal: {}", std::strerror(errno)),
                path.string(), "free some disk space, or choose another place with TMPDIR");
}

// Whether the open file is the one of that name.
bool is_current(std::FILE* file, const fs::path& path) {
    struct stat open {
    }, named{};
    return ::fstat(::fileno(file), &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
           open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

} // namespace

Result<JournalWriter> JournalWriter::create(fs::path path, std::uint64_t limit) {
    JournalWriter writer(std::move(path), limit);
    VTPMLAB_CHECK(writer.open());
    return writer;
}

Status JournalWriter::open() {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    file_.reset(fd < 0 ? nullptr : ::fdopen(fd, "w"));
    size_ = 0;
    if (!file_)
        return cannot_write(path_);
    return {};
}

Status JournalWriter::append(std::string_view lines) {
    if (size_ != 0 && size_ + lines.size() > limit_) {
        std::error_code code;
        fs::rename(path_, older(path_), code);
        VTPMLAB_CHECK(open());
    }
    size_ += lines.size();
    if (std::fwrite(lines.data(), 1, lines.size(), file_.get()) != lines.size() ||
        std::fflush(file_.get()) != 0)
        return cannot_write(path_);
    return {};
}

JournalReader::JournalReader(fs::path path) : path_(std::move(path)) {
    file_.reset(std::fopen(older(path_).c_str(), "re"));
}

void JournalReader::read_on(const std::function<void(std::string_view)>& line) {
    // At most one change of files happens between two looks: a file takes 64 MiB.
    for (int files = 0; files < 2; ++files) {
        if (file_) {
            const bool was_current = is_current(file_.get(), path_);
            drain(line);
            if (was_current)
                return;
        }
        file_.reset(std::fopen(path_.c_str(), "re"));
        partial_.clear();
        if (!file_)
            return;
    }
    drain(line);
}

void JournalReader::drain(const std::function<void(std::string_view)>& line) {
    std::array<char, 65536> piece;
    std::clearerr(file_.get());
    while (const auto count = std::fread(piece.data(), 1, piece.size(), file_.get())) {
        partial_.append(piece.data(), count);
        std::size_t from = 0;
        for (auto end = partial_.find('\n'); end != std::string::npos;
             end = partial_.find('\n', from)) {
            line(std::string_view(partial_).substr(from, end - from));
            from = end + 1;
        }
        partial_.erase(0, from);
    }
}

} // namespace vtpmlab::cli
