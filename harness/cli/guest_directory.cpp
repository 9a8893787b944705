#include "cli/guest_directory.h"

#include <algorithm>
#include <cstdlib>

namespace vtpmlab::cli {

namespace fs = std::filesystem;

std::vector<fs::path> guest_directories(const GuestSearch& search) {
    // What somebody named is meant, also when it is wrong.
    if (!search.asked.empty())
        return {search.asked};
    if (!search.environment.empty())
        return {search.environment};
    const fs::path folder = search.program.parent_path();
    return {
        (folder / "../guest").lexically_normal(),               // build/PRESET/bin
        (folder / "../share/vtpmlab/guest").lexically_normal(), // PREFIX/bin
    };
}

bool holds_guest(const fs::path& directory) {
    std::error_code code;
    return fs::is_regular_file(directory / "vmlinuz", code) &&
           fs::is_regular_file(directory / "initramfs", code);
}

fs::path find_guest_directory(const GuestSearch& search) {
    const auto candidates = guest_directories(search);
    const auto found = std::find_if(candidates.begin(), candidates.end(), holds_guest);
    return found != candidates.end() ? *found : candidates.front();
}

fs::path this_guest_directory(const std::string& asked) {
    const char* environment = std::getenv("VTPMLAB_GUEST_DIR");
    std::error_code code;
    return find_guest_directory({asked, environment != nullptr ? environment : "",
                                 fs::read_symlink("/proc/self/exe", code)});
}

} // namespace vtpmlab::cli
