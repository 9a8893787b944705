#pragma once
// What a dynamically linked program needs to run anywhere: its loader, and every library the loader
// would take on this machine. The loader itself is asked, so its search rules are not imitated.

#include <vtpmlab/result.h>

#include <filesystem>
#include <map>
#include <string>

namespace vtpmlab::image {

struct ProgramNeeds {
    std::filesystem::path loader;                           // from PT_INTERP
    std::map<std::string, std::filesystem::path> libraries; // soname to file
};

[[nodiscard]] Result<ProgramNeeds> program_needs(const std::filesystem::path& program);

} // namespace vtpmlab::image
