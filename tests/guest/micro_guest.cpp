#include "micro_guest.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace vtpmlab::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* qemu_program = "qemu-system-x86_64";

// As libvirt makes a TPM: encrypted, with an endorsement key and its certificate, NV locked. The
// certificate authority is this guest's own, so nothing of the machine is touched.
Status make_tpm(const fs::path& directory, TpmVersion version) {
    const auto text = [](const fs::path& path) { return path.string(); };
    const fs::path ca = directory / "ca", state = directory / "tpm";
    VTPMLAB_CHECK(make_directories(ca));
    VTPMLAB_CHECK(make_directories(state));
    VTPMLAB_CHECK(
        write_file(directory / "pass", "correct horse battery staple", FileMode::owner_only));
    VTPMLAB_CHECK(write_file(directory / "localca.conf",
                             fmt::format("statedir = {0}\nsigningkey = {0}/signkey.pem\n"
                                         "issuercert = {0}/issuercert.pem\n"
                                         "certserial = {0}/certserial\n",
                                         text(ca))));
    VTPMLAB_CHECK(write_file(directory / "localca.options",
                             "--platform-manufacturer QEMU\n--platform-version 1\n"
                             "--platform-model micro\n"));
    const auto localca = find_program("swtpm_localca");
    VTPMLAB_CHECK(
        write_file(directory / "setup.conf",
                   fmt::format("create_certs_tool = {0}\n"
                               "create_certs_tool_config = {1}/localca.conf\n"
                               "create_certs_tool_options = {1}/localca.options\n",
                               localca ? text(*localca) : "swtpm_localca", text(directory))));
    ProcessSpec setup{.program = "swtpm_setup",
                      .arguments = {"--config", text(directory / "setup.conf"), "--tpmstate",
                                    text(state), "--createek", "--create-ek-cert",
                                    "--create-platform-cert", "--lock-nvram", "--not-overwrite",
                                    "--pwdfile", text(directory / "pass"), "--cipher",
                                    "aes-256-cbc"}};
    if (version == TpmVersion::v2_0)
        setup.arguments.push_back("--tpm2");
    VTPMLAB_TRY(const Completed done, run_to_end(setup, 60s));
    if (!done.status.is_success())
        return fail(ErrorKind::lab, "swtpm_setup failed: " + done.output);
    return {};
}

Result<Process> start_tpm(const fs::path& directory, TpmVersion version) {
    ProcessSpec swtpm{
        .program = "swtpm",
        .arguments = {"socket", "--tpmstate", fmt::format("dir={}/tpm", directory.string()),
                      "--ctrl", fmt::format("type=unixio,path={}/swtpm", directory.string()),
                      "--key", fmt::format("pwdfile={}/pass,mode=aes-256-cbc", directory.string()),
                      "--terminate"},
        .log = directory / "swtpm.log"};
    if (version == TpmVersion::v2_0)
        swtpm.arguments.push_back("--tpm2");
    VTPMLAB_TRY(Process process, Process::start(swtpm));
    const bool listens = wait_until(Deadline::in(10s), [&] {
        return fs::exists(directory / "swtpm") || process.exit_status().has_value();
    });
    if (!listens || process.exit_status())
        return fail(ErrorKind::lab,
                    "swtpm does not listen: " + tail_of_file(directory / "swtpm.log", 1000));
    return process;
}

} // namespace

std::optional<std::string> MicroGuest::missing_tool() {
    for (const char* tool : {qemu_program, "swtpm", "swtpm_setup"})
        if (!find_program(tool))
            return fmt::format("{} is not installed", tool);
    return std::nullopt;
}

Result<MicroGuest> MicroGuest::boot(const MicroGuestSpec& spec) {
    VTPMLAB_TRY(auto directory, TemporaryDirectory::create("vtpmlab-guest"));
    const std::string here = directory.path().string();
    const fs::path built = VTPMLAB_GUEST_DIRECTORY;
    ProcessSpec qemu{
        .program = qemu_program,
        .arguments = {"-machine", "pc,accel=tcg", "-m", "256", "-nodefaults", "-no-user-config",
                      "-display", "none", "-kernel",
                      (spec.kernel.empty() ? built / "vmlinuz" : spec.kernel).string(), "-initrd",
                      (built / "initramfs").string(), "-append",
                      fmt::format("{} {}", VTPMLAB_GUEST_COMMAND_LINE, spec.more_command_line),
                      "-monitor", fmt::format("unix:{}/monitor,server=on,wait=off", here),
                      "-serial", fmt::format("file:{}/console", here)},
        .log = directory.path() / "qemu.log"};
    auto& arguments = qemu.arguments;
    if (spec.probe_port == ProbePort::connected)
        for (const auto& argument :
             {std::string("-chardev"),
              fmt::format("socket,id=probe,path={}/probe,server=on,wait=off", here),
              std::string("-serial"), std::string("chardev:probe")})
            arguments.push_back(argument);
    std::optional<Process> swtpm;
    if (spec.tpm) {
        VTPMLAB_CHECK(make_tpm(directory.path(), spec.tpm->version));
        VTPMLAB_TRY(swtpm, start_tpm(directory.path(), spec.tpm->version));
        for (const auto& argument :
             {std::string("-chardev"), fmt::format("socket,id=tpm,path={}/swtpm", here),
              std::string("-tpmdev"), std::string("emulator,id=tpm0,chardev=tpm"),
              std::string("-device"), fmt::format("{},tpmdev=tpm0", to_string(spec.tpm->model))})
            arguments.push_back(argument);
    }
    VTPMLAB_TRY(Process process, Process::start(qemu));
    return MicroGuest(std::move(directory), std::move(swtpm), std::move(process));
}

std::string MicroGuest::console() const {
    return tail_of_file(directory_.path() / "console", 16384) +
           tail_of_file(directory_.path() / "qemu.log", 4096);
}

Status MicroGuest::press_power_button() const {
    const std::string path = (directory_.path() / "monitor").string();
    constexpr std::string_view command = "system_powerdown\n";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorKind::lab, "the path of QEMU's monitor is too long", path);
    path.copy(address.sun_path, path.size());
    const int monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // It drops what comes before its prompt, and what it has not read when the line is cut.
    const auto prompted = [&] {
        std::string said;
        std::array<char, 256> bytes{};
        while (said.find("(qemu) ") == std::string::npos) {
            const ssize_t length = read(monitor, bytes.data(), bytes.size());
            if (length <= 0)
                return false;
            said.append(bytes.data(), static_cast<std::size_t>(length));
        }
        return true;
    };
    const bool sent =
        monitor >= 0 &&
        connect(monitor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        prompted() &&
        write(monitor, command.data(), command.size()) == static_cast<ssize_t>(command.size()) &&
        prompted();
    const int reason = errno;
    if (monitor >= 0)
        close(monitor);
    if (!sent)
        return fail(ErrorKind::lab, std::string("QEMU's monitor: ") + std::strerror(reason), path);
    return {};
}

std::optional<ExitStatus> MicroGuest::wait(std::chrono::milliseconds time) {
    return qemu_.wait(Deadline::in(time));
}

} // namespace vtpmlab::test
