#include "machine/accelerator.h"

#include "core/files.h"
#include "process/run_directory.h"
#include "process/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

namespace vtpmlab::machine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// A boot sector that tells QEMU to exit, through its isa-debug-exit device, with a status no
// failure has: (42 << 1) | 1.
//     mov dx, 0xf4 ; mov al, 42 ; out dx, al ; hlt ; jmp back to the hlt
constexpr std::array<unsigned char, 9> boot_code = {0xba, 0xf4, 0x00, 0xb0, 0x2a,
                                                    0xee, 0xf4, 0xeb, 0xfd};
constexpr int exit_code_of_the_tiny_guest = 42 << 1 | 1;

std::string boot_sector() {
    std::string sector(512, '\0');
    std::memcpy(sector.data(), boot_code.data(), boot_code.size());
    sector[510] = '\x55';
    sector[511] = '\xaa';
    return sector;
}

std::vector<std::string> bare_machine() {
    return {
        "-accel",          "kvm", "-cpu", "host",        "-machine", "pc",   "-display",  "none",
        "-no-user-config", "-m",  "128",  "-nodefaults", "-monitor", "none", "-no-reboot"};
}

std::string last_line(std::string_view output) {
    while (!output.empty() && (output.back() == '\n' || output.back() == '\r'))
        output.remove_suffix(1);
    const auto newline = output.rfind('\n');
    return std::string(newline == std::string_view::npos ? output : output.substr(newline + 1));
}

// Nothing when it ran; otherwise why it did not.
std::optional<std::string> run_tiny_guest(const AcceleratorCheck& check,
                                          const fs::path& directory) {
    const fs::path disk = directory / "boot.img";
    if (auto written = write_file(disk, boot_sector()); !written)
        return written.error().message;
    SandboxSpec spec; // a guest that hangs dies with us, even by kill -9
    spec.program = check.qemu;
    spec.arguments = bare_machine();
    for (const auto& argument :
         {std::string("-drive"),
          fmt::format("file={},format=raw,if=ide,snapshot=on", disk.string()),
          std::string("-device"), std::string("isa-debug-exit,iobase=0xf4,iosize=4")})
        spec.arguments.push_back(argument);
    spec.log = directory / "tiny.log";
    auto sandbox = Sandbox::start(spec);
    if (!sandbox)
        return sandbox.error().message;
    const auto status = sandbox->wait(Deadline::in(check.tiny_deadline));
    if (!status)
        return fmt::format("a guest of three instructions did not end within {} ms",
                           check.tiny_deadline.count());
    if (*status != ExitStatus{.code = exit_code_of_the_tiny_guest, .signal = 0})
        return fmt::format("QEMU could not run a guest of three instructions: {}: {}",
                           status->text(), last_line(tail_of_file(spec.log, 4096)));
    return std::nullopt;
}

std::optional<std::string> boot_kernel(const AcceleratorCheck& check, const fs::path& directory) {
    const fs::path console = directory / "console.log";
    SandboxSpec spec;
    spec.program = check.qemu;
    spec.arguments = bare_machine();
    for (const auto& argument : {std::string("-kernel"), check.kernel.string(),
                                 std::string("-append"), std::string("console=ttyS0 panic=-1"),
                                 std::string("-serial"), "file:" + console.string()})
        spec.arguments.push_back(argument);
    spec.log = directory / "kernel.log";
    auto sandbox = Sandbox::start(spec);
    if (!sandbox)
        return sandbox.error().message;
    // Without an initramfs the kernel panics at the end of its start: all of it has run by then.
    const bool booted = wait_until(Deadline::in(check.kernel_deadline), [&] {
        return tail_of_file(console, 65536).find("Kernel panic") != std::string::npos ||
               sandbox->exit_status().has_value();
    });
    if (tail_of_file(console, 65536).find("Kernel panic") != std::string::npos)
        return std::nullopt;
    if (booted)
        return fmt::format("QEMU ended while a kernel booted: {}",
                           last_line(tail_of_file(spec.log, 4096)));
    return fmt::format("a kernel did not boot within {} ms", check.kernel_deadline.count());
}

Accelerator find_out(const AcceleratorCheck& check) {
    const UniqueFd device(::open(check.device.c_str(), O_RDWR | O_CLOEXEC));
    if (!device.is_open())
        return {"tcg", fmt::format("{} cannot be opened: {}", check.device.string(),
                                   std::strerror(errno))};
    auto directory = RunDirectory::create();
    if (!directory)
        return {"tcg", "KVM could not be tried: " + directory.error().message};
    if (auto why = run_tiny_guest(check, directory->path()))
        return {"tcg", fmt::format("{} is there, but {}", check.device.string(), *why)};
    if (check.kernel.empty())
        return {"kvm", "a tiny guest ran under KVM"};
    if (auto why = boot_kernel(check, directory->path()))
        return {"tcg", fmt::format("{} is there, but {}", check.device.string(), *why)};
    return {"kvm", "a kernel booted under KVM"};
}

// What the answer depends on: another boot, another QEMU, or another kernel to try, asks again.
json key_of(const AcceleratorCheck& check) {
    std::error_code ignored;
    const auto boot = read_file("/proc/sys/kernel/random/boot_id", 64);
    return {{"boot_id", boot ? *boot : ""},
            {"qemu", check.qemu.string()},
            {"qemu_size", fs::file_size(check.qemu, ignored)},
            {"device", check.device.string()},
            {"device_mode", static_cast<unsigned>(fs::status(check.device, ignored).permissions())},
            {"kernel", check.kernel.string()}};
}

std::optional<Accelerator> remembered(const AcceleratorCheck& check, const json& key) {
    const auto text = read_file(check.cache, 65536);
    if (!text)
        return std::nullopt;
    const json cached = json::parse(*text, nullptr, false);
    if (!cached.is_object() || cached.value("key", json()) != key)
        return std::nullopt;
    const json name = cached.value("name", json()), why = cached.value("why", json());
    if (!name.is_string() || !why.is_string() || (name != "kvm" && name != "tcg"))
        return std::nullopt;
    return Accelerator{name, why};
}

} // namespace

fs::path default_accelerator_cache() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
        return fs::path(cache) / "vtpmlab" / "accelerator.json";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
        return fs::path(home) / ".cache" / "vtpmlab" / "accelerator.json";
    return {};
}

Accelerator usable_accelerator(const AcceleratorCheck& given) {
    AcceleratorCheck check = given;
    if (check.qemu.empty()) {
        const auto found = find_program("qemu-system-x86_64");
        if (!found)
            return {"tcg", "QEMU is not installed"};
        check.qemu = *found;
    }
    const json key = key_of(check);
    if (!check.cache.empty())
        if (auto answer = remembered(check, key))
            return *answer;
    Accelerator answer = find_out(check);
    if (!check.cache.empty()) {
        // An answer that cannot be remembered is found out again next time: slower, never wrong.
        std::error_code ignored;
        fs::create_directories(check.cache.parent_path(), ignored);
        [[maybe_unused]] const auto written = write_file(
            check.cache,
            json{{"key", key}, {"name", answer.name}, {"why", answer.why}}.dump(2) + "\n",
            FileMode::owner_only);
    }
    return answer;
}

} // namespace vtpmlab::machine
