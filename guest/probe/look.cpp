#include "probe/look.h"

#include "probe/physical_memory.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>

namespace vtpmlab::probe {
namespace {

namespace fs = std::filesystem;

// TPM_INTERFACE_ID of locality 0 (TIS), TPM_CRB_INTF_ID (CRB): the one place both define. A TPM 1.2
// has no such register, but a TPM_DID_VID, which in CRB lies in the command buffer.
constexpr std::uint64_t interface_id_address = 0xfed40030;
constexpr std::uint64_t device_id_address = 0xfed40f00;

// A report is one frame of at most 256 KiB, and the log travels in base64.
constexpr std::size_t max_log_bytes = std::size_t{128} << 10;
constexpr std::size_t max_table_bytes = std::size_t{64} << 10;

tl::unexpected<Error> cannot_look(const fs::path& path, int error) {
    return fail(ErrorKind::lab, std::strerror(error), path.string());
}

// The whole of a file of sysfs or securityfs, whose size stat() does not tell. Nothing when there
// is no such file.
Look<std::string> read_whole(const fs::path& path, std::size_t limit) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return std::nullopt;
        return cannot_look(path, errno);
    }
    std::string content;
    char buffer[4096];
    ssize_t count = 0;
    while ((count = read(fd, buffer, sizeof buffer)) > 0 && content.size() <= limit)
        content.append(buffer, static_cast<std::size_t>(count));
    const int error = errno;
    close(fd);
    if (count < 0)
        return cannot_look(path, error);
    if (content.size() > limit)
        return fail(ErrorKind::lab, "longer than " + std::to_string(limit) + " bytes",
                    path.string());
    return content;
}

std::string name_behind(const fs::path& link) {
    std::error_code error;
    return fs::read_symlink(link, error).filename().string();
}

// Names in a directory that begin with one of `prefixes`, sorted.
Result<std::vector<std::string>> names_in(const fs::path& directory,
                                          std::initializer_list<std::string_view> prefixes) {
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error)
        return cannot_look(directory, error.value());
    std::vector<std::string> names;
    for (const auto& entry : entries) {
        const std::string name = entry.path().filename().string();
        if (std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); }))
            names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

} // namespace

std::string Machine::kernel() const {
    utsname name{};
    return uname(&name) == 0 ? name.release : "";
}

std::string Machine::boot_id() const {
    std::ifstream file(root_ / "proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

std::string Machine::path_of(const std::string& node) const {
    return (root_ / fs::path(node).relative_path()).string();
}

Look<std::vector<std::string>> Machine::device_nodes() const {
    VTPMLAB_TRY(std::vector<std::string> names, names_in(root_ / "dev", {"tpm"}));
    if (names.empty())
        return std::nullopt;
    for (std::string& name : names)
        name.insert(0, "/dev/");
    return names;
}

Look<Driver> Machine::driver() const {
    // The class is there when the kernel can drive TPMs at all, whether one is there or not.
    VTPMLAB_TRY(const auto chips, names_in(root_ / "sys/class/tpm", {"tpm"}));
    if (chips.empty())
        return std::nullopt;
    const fs::path device = root_ / "sys/class/tpm" / chips.front() / "device";
    Driver driver{name_behind(device / "subsystem"), name_behind(device / "driver"),
                  name_behind(device)};
    if (driver.name.empty())
        return fail(ErrorKind::lab, "a TPM without a driver link", device.string());
    return driver;
}

Look<std::string> Machine::acpi_table(const char* signature) const {
    return read_whole(root_ / "sys/firmware/acpi/tables" / signature, max_table_bytes);
}

Look<Acpi> Machine::acpi() const {
    VTPMLAB_TRY(const auto devices,
                names_in(root_ / "sys/bus/acpi/devices", {"PNP0C31", "MSFT0101"}));
    VTPMLAB_TRY(const auto tables, names_in(root_ / "sys/firmware/acpi/tables", {"TPM2", "TCPA"}));
    if (tables.empty() && devices.empty())
        return std::nullopt;
    Acpi acpi;
    for (const std::string& device : devices) // "MSFT0101:00"
        acpi.device_ids.push_back(device.substr(0, device.find(':')));
    if (tables.empty())
        return acpi;
    acpi.table = tables.size() == 1 ? tables.front() : tables.front() + "+" + tables.back();
    if (acpi.table == "TPM2") {
        // ACPI header 36, platform class 4, control area 8, start method 4
        VTPMLAB_TRY(const auto table, acpi_table("TPM2"));
        if (!table || table->size() < 52)
            return fail(ErrorKind::lab, "the ACPI table TPM2 is too short");
        acpi.start_method = static_cast<std::uint32_t>(little_endian(*table, 48, 4));
    }
    return acpi;
}

Look<InterfaceRegisters> Machine::interface_registers() const {
    const std::string memory = (root_ / "dev/mem").string();
    InterfaceRegisters registers;
    VTPMLAB_TRY(registers.interface_id, read_register(memory, interface_id_address));
    VTPMLAB_TRY(registers.device_id, read_register(memory, device_id_address));
    return registers;
}

Look<unsigned> Machine::sysfs_version_major() const {
    VTPMLAB_TRY(const auto chips, names_in(root_ / "sys/class/tpm", {"tpm"}));
    if (chips.empty())
        return std::nullopt;
    const fs::path path = root_ / "sys/class/tpm" / chips.front() / "tpm_version_major";
    VTPMLAB_TRY(const auto text, read_whole(path, 64));
    if (!text)
        return fail(ErrorKind::lab, "not there; kernels before 5.6 do not have it", path.string());
    unsigned version = 0;
    if (std::from_chars(text->data(), text->data() + text->size(), version).ec != std::errc{})
        return fail(ErrorKind::lab, "not a number", path.string());
    return version;
}

Look<Log> Machine::firmware_log() const {
    constexpr const char* name = "sys/kernel/security/tpm0/binary_bios_measurements";
    VTPMLAB_TRY(const auto bytes, read_whole(root_ / name, max_log_bytes));
    if (bytes)
        return Log{"securityfs", *bytes};
    return acpi_log_area();
}

// Where the firmware left the log, for kernels that do not show it.
Look<Log> Machine::acpi_log_area() const {
    std::uint64_t length = 0, address = 0;
    VTPMLAB_TRY(const auto two, acpi_table("TPM2"));
    VTPMLAB_TRY(const auto one_two, acpi_table("TCPA"));
    if (two && two->size() >= 76) { // header 36, …, start method parameters 12, LAML, LASA
        length = little_endian(*two, 64, 4);
        address = little_endian(*two, 68, 8);
    } else if (one_two && one_two->size() >= 50) { // header 36, platform class 2, LAML, LASA
        length = little_endian(*one_two, 38, 4);
        address = little_endian(*one_two, 42, 8);
    }
    if (length == 0 || address == 0)
        return std::nullopt;
    if (length > max_log_bytes)
        return fail(ErrorKind::lab,
                    "the log area is longer than " + std::to_string(max_log_bytes) + " bytes");
    VTPMLAB_TRY(std::string bytes, read_physical((root_ / "dev/mem").string(), address,
                                                 static_cast<std::size_t>(length)));
    return Log{"acpi log area", std::move(bytes)};
}

} // namespace vtpmlab::probe
