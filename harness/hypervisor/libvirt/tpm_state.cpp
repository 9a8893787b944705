#include "hypervisor/libvirt/tpm_state.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

// swtpm's blob header, big endian, packed: version, smallest version that can read it, length of
// the header, flags, total length.
constexpr std::size_t blob_header_bytes = 10;
constexpr unsigned blob_flag_encrypted = 0x1;

std::string owner_name(uid_t uid) {
    std::array<char, 4096> buffer;
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return entry.pw_name;
    return fmt::format("uid {}", uid);
}

void read_blob(const fs::path& file, TpmStateInfo& info) {
    std::array<char, blob_header_bytes> head{};
    std::ifstream blob(file, std::ios::binary);
    blob.read(head.data(), head.size());
    if (static_cast<std::size_t>(blob.gcount()) < head.size())
        return;
    info.is_encrypted =
        is_encrypted_blob({reinterpret_cast<const unsigned char*>(head.data()), head.size()});
}

Result<TpmStateInfo> read_instance(const fs::path& directory) {
    TpmStateInfo info;
    info.directory = directory;
    struct stat status {};
    for (const auto version : {TpmVersion::v1_2, TpmVersion::v2_0}) {
        const fs::path inner = directory / (version == TpmVersion::v1_2 ? "tpm1.2" : "tpm2");
        if (::stat(inner.c_str(), &status) != 0) {
            if (errno == ENOENT)
                continue;
            return fail(ErrorKind::lab,
                        fmt::format("cannot look at {}: {}", inner.string(), std::strerror(errno)));
        }
        info.version = version;
        info.owner = owner_name(status.st_uid);
        info.mode = status.st_mode & 07777;
        const fs::path blob =
            inner / (version == TpmVersion::v1_2 ? "tpm-00.permall" : "tpm2-00.permall");
        std::error_code code;
        if (const auto size = fs::file_size(blob, code); !code) {
            info.size_bytes = size;
            read_blob(blob, info);
        }
        return info;
    }
    if (::stat(directory.c_str(), &status) == 0) {
        info.owner = owner_name(status.st_uid);
        info.mode = status.st_mode & 07777;
    }
    return info;
}

} // namespace

bool is_encrypted_blob(std::span<const unsigned char> head) {
    if (head.size() < blob_header_bytes)
        return false;
    const unsigned header_length = head[2] * 256u + head[3];
    const unsigned flags = head[4] * 256u + head[5];
    return header_length == blob_header_bytes && (flags & blob_flag_encrypted) != 0;
}

Result<std::vector<TpmStateInfo>> read_tpm_states(const fs::path& swtpm_directory) {
    std::error_code code;
    std::vector<TpmStateInfo> states;
    fs::directory_iterator entries(swtpm_directory, code);
    if (code == std::errc::no_such_file_or_directory)
        return states;
    for (; !code && entries != fs::directory_iterator(); entries.increment(code)) {
        VTPMLAB_TRY(auto info, read_instance(entries->path()));
        states.push_back(std::move(info));
    }
    if (code)
        return fail(ErrorKind::lab,
                    fmt::format("cannot list {}: {}", swtpm_directory.string(), code.message()));
    std::sort(states.begin(), states.end(),
              [](const auto& a, const auto& b) { return a.directory < b.directory; });
    return states;
}

} // namespace vtpmlab
