#include "hypervisor/libvirt/tpm_state.h"

#include <sys/stat.h>

#include <map>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

// swtpm's blob header, big endian, packed: version, smallest version that can read it, length of
// the header, flags, total length.
constexpr std::size_t blob_header_bytes = 10;
constexpr unsigned blob_flag_encrypted = 0x1;
static_assert(listed_bytes_of_a_file >= blob_header_bytes);

struct VersionDirectory {
    const char* name;
    const char* blob;
    TpmVersion version;
};
constexpr VersionDirectory version_directories[] = {{"tpm1.2", "tpm-00.permall", TpmVersion::v1_2},
                                                    {"tpm2", "tpm2-00.permall", TpmVersion::v2_0}};

} // namespace

bool is_encrypted_blob(std::span<const unsigned char> head) {
    if (head.size() < blob_header_bytes)
        return false;
    const unsigned header_length = head[2] * 256u + head[3];
    const unsigned flags = head[4] * 256u + head[5];
    return header_length == blob_header_bytes && (flags & blob_flag_encrypted) != 0;
}

std::vector<TpmStateInfo> tpm_states_in(const std::vector<FileEntry>& tree,
                                        const fs::path& swtpm_directory,
                                        const std::function<std::string(uid_t)>& user_name) {
    std::map<fs::path, const FileEntry*> by_path;
    for (const FileEntry& entry : tree)
        by_path.emplace(entry.path, &entry);
    auto find = [&](const fs::path& path) {
        const auto found = by_path.find(path);
        return found == by_path.end() ? nullptr : found->second;
    };

    std::vector<TpmStateInfo> states;
    for (const auto& [path, entry] : by_path) {
        if (path.has_parent_path() || !S_ISDIR(entry->mode))
            continue;
        TpmStateInfo info;
        info.directory = swtpm_directory / path;
        const FileEntry* owned = entry;
        for (const auto& [name, blob_name, version] : version_directories) {
            const FileEntry* inner = find(path / name);
            if (inner == nullptr)
                continue;
            owned = inner;
            info.version = version;
            if (const FileEntry* blob = find(path / name / blob_name); blob != nullptr) {
                info.size_bytes = blob->size_bytes;
                info.is_encrypted = is_encrypted_blob(blob->head);
            }
            break;
        }
        info.owner = user_name(owned->uid);
        info.mode = owned->mode & 07777;
        states.push_back(std::move(info));
    }
    return states;
}

} // namespace vtpmlab
