#pragma once
// What can be seen of a TPM without asking it: device nodes, the bound driver, ACPI, the interface
// register, sysfs. Each look is on its own and answers one of three things: this, nothing, or why
// it could not look. It interprets nothing; the harness does.

#include <vtpmlab/result.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::probe {

// An error is "could not look"; nothing is "there is none".
template <typename T>
using Look = Result<std::optional<T>>;

struct Driver {
    std::string bus;
    std::string name;
    std::string device;
};

struct Acpi {
    std::string table;                         // "TPM2" or "TCPA"
    std::optional<std::uint32_t> start_method; // TPM2 only
    std::vector<std::string> device_ids;
};

struct InterfaceRegisters {
    std::uint32_t interface_id = 0;
    std::uint32_t device_id = 0;
};

struct Log {
    std::string source;
    std::string bytes;
};

// The machine as its kernel shows it. Tests show a directory instead.
class Machine {
public:
    explicit Machine(std::filesystem::path root = "/") : root_(std::move(root)) {}

    [[nodiscard]] std::string kernel() const;
    // Another one at each boot, the kernel's own; empty where it does not say.
    [[nodiscard]] std::string boot_id() const;
    // Where "/dev/tpm0" of this machine really is.
    [[nodiscard]] std::string path_of(const std::string& node) const;
    [[nodiscard]] Look<std::vector<std::string>> device_nodes() const;
    [[nodiscard]] Look<Driver> driver() const;
    [[nodiscard]] Look<Acpi> acpi() const;
    [[nodiscard]] Look<InterfaceRegisters> interface_registers() const;
    [[nodiscard]] Look<unsigned> sysfs_version_major() const;
    [[nodiscard]] Look<Log> firmware_log() const;

private:
    [[nodiscard]] Look<std::string> acpi_table(const char* signature) const;
    [[nodiscard]] Look<Log> acpi_log_area() const;

    std::filesystem::path root_;
};

} // namespace vtpmlab::probe
