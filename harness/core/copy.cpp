#include "core/copy.h"

#include "core/files.h"

#include <fmt/format.h>

#include <system_error>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot(const fs::path& from, const fs::path& to,
                             const std::error_code& code) {
    return fail(ErrorKind::lab,
                fmt::format("cannot copy {} to {}: {}", from.string(), to.string(), code.message()),
                {}, "is it there, and is there room on the disk?");
}

tl::unexpected<Error> broken_off(const fs::path& file) {
    return fail(ErrorKind::product,
                fmt::format("scp: {}: Connection closed by remote host", file.filename().string()));
}

Status copy_file(const fs::path& from, const fs::path& to, CopyBreaksOff breaks_off) {
    std::error_code code;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
    if (code)
        return cannot(from, to, code);
    if (breaks_off == CopyBreaksOff::no)
        return {};
    fs::resize_file(to, fs::file_size(to, code) / 2, code);
    return broken_off(from);
}

} // namespace

Status copy_names(const fs::path& from, const fs::path& to) {
    VTPMLAB_CHECK(copy_between_hosts(from, to));
    std::error_code code;
    for (auto at = fs::recursive_directory_iterator(to, code);
         !code && at != fs::recursive_directory_iterator(); at.increment(code))
        if (at->is_regular_file(code))
            fs::resize_file(at->path(), 0, code);
    if (code)
        return cannot(from, to, code);
    return {};
}

std::string no_space_left(const fs::path& to) {
    return fmt::format("[Errno 28] No space left on device: '{}'", to.string());
}

Status copy_between_hosts(const fs::path& from, const fs::path& to, CopyBreaksOff breaks_off) {
    VTPMLAB_CHECK(make_directories(to.parent_path()));
    std::error_code code;
    const auto status = fs::symlink_status(from, code);
    if (code || !fs::exists(status))
        return cannot(from, to, std::make_error_code(std::errc::no_such_file_or_directory));
    if (!fs::is_directory(status))
        return copy_file(from, to, breaks_off);

    std::vector<fs::path> files;
    VTPMLAB_CHECK(make_directories(to));
    fs::permissions(to, status.permissions(), code);
    for (auto at = fs::recursive_directory_iterator(from, code);
         !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
        const fs::path target = to / at->path().lexically_relative(from);
        const auto kind = at->symlink_status(code);
        if (code)
            break;
        if (fs::is_directory(kind)) {
            VTPMLAB_CHECK(make_directories(target));
            fs::permissions(target, kind.permissions(), code);
        } else if (fs::is_regular_file(kind)) {
            files.push_back(at->path());
        }
        if (code)
            break;
    }
    if (code)
        return cannot(from, to, code);
    for (const fs::path& file : files)
        VTPMLAB_CHECK(copy_file(file, to / file.lexically_relative(from), breaks_off));
    if (breaks_off == CopyBreaksOff::half_way)
        return broken_off(from);
    return {};
}

} // namespace vtpmlab
