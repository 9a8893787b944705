#pragma once
// A directory that looks like a machine to the probe: files and links where its kernel has them.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace vtpmlab::test {

class MachineDirectory {
public:
    MachineDirectory() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "vtpmlab-machine-XXXXXX").string();
        root_ = mkdtemp(pattern.data());
        for (const char* path : {"dev", "sys/class/tpm", "sys/bus/acpi/devices",
                                 "sys/firmware/acpi/tables", "sys/kernel/security"})
            std::filesystem::create_directories(root_ / path);
    }
    MachineDirectory(const MachineDirectory&) = delete;
    MachineDirectory& operator=(const MachineDirectory&) = delete;
    ~MachineDirectory() { std::filesystem::remove_all(root_); }

    void file(const std::string& path, std::string_view content) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path, std::ios::binary) << content;
    }
    void link(const std::string& path, const std::string& target) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::filesystem::create_symlink(target, root_ / path);
    }
    void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }
    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

private:
    std::filesystem::path root_;
};

} // namespace vtpmlab::test
