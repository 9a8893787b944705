#include "glance/data_files.h"

#include <vtpmlab/encoding.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace vtpmlab::fakes::glance {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view part_suffix = ".part";
constexpr std::size_t head_bytes = 512;

constexpr std::size_t id_length = 36;

// The data of an image, staged or not: not a part, and of this class's naming.
bool is_whole(const std::string& name) {
    const std::string id = name.substr(0, id_length);
    return is_uuid(id) && (name == id || name == DataFiles::staged_name(id));
}

// Every whole file of `from` that is not in `to` yet.
Status link_all(const fs::path& from, const fs::path& to, std::error_code error) {
    if (!error)
        for (const auto& entry : fs::directory_iterator(from, error)) {
            const auto name = entry.path().filename();
            if (!is_whole(name.string()) || fs::exists(to / name, error))
                continue;
            fs::create_hard_link(entry.path(), to / name, error);
            // An image deleted meanwhile is not in the snapshot.
            if (error == std::errc::no_such_file_or_directory)
                error.clear();
            if (error)
                break;
        }
    if (error)
        return fail(
            ErrorKind::lab,
            fmt::format("cannot keep the data of images in {}: {}", to.string(), error.message()),
            {}, "is there room on the disk?");
    return {};
}

} // namespace

Result<std::unique_ptr<DataFiles>> DataFiles::open(const fs::path& directory) {
    std::error_code error;
    if (!directory.empty()) {
        fs::create_directories(directory, error);
        // Images are as private as their projects: other users of the machine see none of them.
        if (!error)
            fs::permissions(directory, fs::perms::owner_all, error);
        if (error)
            return fail(ErrorKind::lab,
                        fmt::format("cannot use {} for the data of images: {}", directory.string(),
                                    error.message()),
                        {}, "is it a directory of this user?");
        return std::unique_ptr<DataFiles>(new DataFiles(directory, Ownership::borrowed));
    }
    const fs::path base = fs::temp_directory_path(error);
    std::string made = (base / "vtpmlab-glance-XXXXXX").string();
    if (error || !::mkdtemp(made.data())) // 0700
        return fail(ErrorKind::lab,
                    fmt::format("cannot make a directory {} for the data of images: {}", made,
                                error ? error.message() : std::strerror(errno)),
                    {}, "is TMPDIR a writable directory?");
    return std::unique_ptr<DataFiles>(new DataFiles(made, Ownership::temporary));
}

DataFiles::~DataFiles() {
    std::error_code ignored;
    if (ownership_ == Ownership::temporary)
        fs::remove_all(directory_, ignored);
}

DataFiles::Writer::Writer(const fs::path& directory, const std::string& id)
    : part_(directory / (id + std::string(part_suffix))), final_(directory / id) {}

DataFiles::Writer::~Writer() {
    if (descriptor_ < 0)
        return;
    ::close(descriptor_);
    ::unlink(part_.c_str());
}

SystemCode DataFiles::Writer::open() {
    descriptor_ =
        ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return descriptor_ < 0 ? errno : 0;
}

SystemCode DataFiles::Writer::append(std::string_view piece) {
    facts_.size += piece.size();
    if (facts_.head.size() < head_bytes)
        facts_.head += piece.substr(0, head_bytes - facts_.head.size());
    while (!piece.empty()) {
        piece.remove_prefix(digests_.add(piece));
        if (!digests_.is_full())
            break;
        if (const SystemCode code = write_in_hand())
            return code;
        digests_.pass();
    }
    return 0;
}

SystemCode DataFiles::Writer::write_in_hand() {
    std::string_view left = digests_.in_hand();
    while (!left.empty()) {
        const ssize_t written = ::write(descriptor_, left.data(), left.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

SystemCode DataFiles::Writer::finish(DataFacts& facts) {
    if (const SystemCode code = write_in_hand())
        return code;
    auto digests = digests_.finish();
    facts_.md5 = std::move(digests.md5);
    facts_.sha512 = std::move(digests.sha512);
    if (facts_.md5.empty() || facts_.sha512.empty())
        return EIO;
    const int descriptor = std::exchange(descriptor_, -1);
    // Some file systems say only here that there was no room.
    SystemCode code = ::close(descriptor) == 0 ? 0 : errno;
    if (code == 0 && ::rename(part_.c_str(), final_.c_str()) != 0)
        code = errno;
    if (code != 0) {
        ::unlink(part_.c_str());
        return code;
    }
    facts = std::move(facts_);
    return 0;
}

std::unique_ptr<DataFiles::Writer> DataFiles::writer(const std::string& id) const {
    return std::make_unique<Writer>(directory_, id);
}

std::optional<http::FileBody> DataFiles::read(const std::string& id) const {
    const int opened = ::open((directory_ / id).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0)
        return std::nullopt;
    http::FileBody body;
    body.descriptor = std::shared_ptr<const int>(new int(opened), [](const int* descriptor) {
        ::close(*descriptor);
        delete descriptor;
    });
    struct stat facts {};
    if (::fstat(opened, &facts) != 0)
        return std::nullopt;
    body.length = static_cast<std::uint64_t>(facts.st_size);
    return body;
}

std::string DataFiles::head(const std::string& id) const {
    const auto file = read(id);
    std::string bytes(head_bytes, '\0');
    const ssize_t got = file ? ::pread(*file->descriptor, bytes.data(), bytes.size(), 0) : 0;
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

Status DataFiles::snapshot(const std::string& name) const {
    const fs::path kept = directory_ / ("snapshot-" + name);
    std::error_code error;
    fs::remove_all(kept, error);
    fs::create_directory(kept, error);
    return link_all(directory_, kept, error);
}

Status DataFiles::restore(const std::string& name) const {
    return link_all(directory_ / ("snapshot-" + name), directory_, {});
}

SystemCode DataFiles::unstage(const std::string& id) const {
    return ::rename((directory_ / staged_name(id)).c_str(), (directory_ / id).c_str()) == 0 ? 0
                                                                                            : errno;
}

void DataFiles::remove(const std::string& id) const {
    ::unlink((directory_ / id).c_str());
    ::unlink((directory_ / staged_name(id)).c_str());
}

void DataFiles::keep_only(const std::set<std::string>& names) const {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_, ignored)) {
        const std::string name = entry.path().filename().string();
        const std::string id = name.substr(0, id_length);
        // Only names that this class gives; whatever else is there is somebody else's.
        const bool is_part = is_uuid(id) && (name == id + std::string(part_suffix) ||
                                             name == staged_name(id) + std::string(part_suffix));
        if ((is_whole(name) || is_part) && !names.count(name))
            fs::remove(entry.path(), ignored);
    }
}

} // namespace vtpmlab::fakes::glance
