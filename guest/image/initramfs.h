#pragma once
// The micro guest's initramfs: a cpio archive whose bytes depend on nothing but the files put into
// it. Entries are sorted, owned by root and dated 1970.

#include <vtpmlab/result.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::image {

struct PackedFile {
    std::string path;             // in the guest, without the leading slash
    std::filesystem::path source; // on this machine
    std::uint64_t size = 0;
    std::string sha256;
};

enum class Compression { none, gzip };

// Packs `init` as /init and `probe` as /vtpm/vtpm-probe with its loader and libraries. Returns what
// was packed, sorted by path.
[[nodiscard]] Result<std::vector<PackedFile>> write_initramfs(const std::filesystem::path& output,
                                                              const std::filesystem::path& init,
                                                              const std::filesystem::path& probe,
                                                              Compression compression);

} // namespace vtpmlab::image
