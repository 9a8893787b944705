#pragma once
// Where the micro guest is: as the user says, as the environment says, or beside this program (in
// the build tree, or where `cmake --install` put it).

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::cli {

struct GuestSearch {
    std::string asked;       // --guest-dir
    std::string environment; // $VTPMLAB_GUEST_DIR
    std::filesystem::path program;
};

// The first of the candidates that holds a kernel; the first candidate when none does, so that an
// error names the place people would look at first.
[[nodiscard]] std::filesystem::path find_guest_directory(const GuestSearch& search);
[[nodiscard]] std::vector<std::filesystem::path> guest_directories(const GuestSearch& search);
[[nodiscard]] bool holds_guest(const std::filesystem::path& directory);

// With --guest-dir of this process's command line.
[[nodiscard]] std::filesystem::path this_guest_directory(const std::string& asked);

} // namespace vtpmlab::cli
