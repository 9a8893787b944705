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

struct GuestFiles {
    std::filesystem::path init;    // packed as /init
    std::filesystem::path probe;   // as /vtpm/vtpm-probe, with its loader and libraries beside it
    std::filesystem::path modules; // a directory; its *.ko as /modules/*.ko. Empty: none
};

// Returns what was packed, sorted by path.
[[nodiscard]] Result<std::vector<PackedFile>> write_initramfs(const std::filesystem::path& output,
                                                              const GuestFiles& guest,
                                                              Compression compression);

} // namespace vtpmlab::image
