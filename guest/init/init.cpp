// The first program of the micro guest: makes the file systems the probe looks at, loads the kernel
// modules it was given, runs the probe with the loader and libraries that travel with it, and
// powers the machine off when the probe has ended or the power button is pressed. A probe that died
// is said so on the console, and the machine goes off as well: a silent guest would cost the
// harness its whole deadline.
//
// Linked statically, for nothing else is in the initramfs to link it with.

#include "init/power_button.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr const char* bundle = "/vtpm";
constexpr const char* loader = "/vtpm/loader";
constexpr const char* probe = "/vtpm/vtpm-probe";
constexpr const char* modules = "/modules";
// On the kernel's command line: be a guest that hears no ACPI, as many real ones are.
constexpr std::string_view deaf_to_acpi = "vtpm_init_ignores_power_button";
constexpr int probe_wants_reboot = 3;

struct FileSystem {
    const char* type;
    const char* target;
};
constexpr std::array<FileSystem, 4> file_systems{{
    {"devtmpfs", "/dev"},
    {"proc", "/proc"},
    {"sysfs", "/sys"},
    {"securityfs", "/sys/kernel/security"}, // the firmware's event log
}};

// The kernel hands over the console as standard streams only when /dev/console was in the
// initramfs; what is said must not depend on it.
void say(const char* what, const char* detail) {
    std::array<char, 256> line;
    const int length = std::snprintf(line.data(), line.size(), "init: %s%s%s\n", what,
                                     *detail ? ": " : "", detail);
    const int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (console < 0)
        return;
    [[maybe_unused]] const auto written =
        write(console, line.data(), static_cast<std::size_t>(length));
    close(console);
}

void mount_file_systems() {
    for (const auto& [type, target] : file_systems) {
        mkdir(target, 0755);
        // A kernel without one of them is a kernel with one witness less; the probe says which.
        if (mount(type, target, type, MS_NOSUID | MS_NOEXEC, nullptr) != 0)
            say(target, std::strerror(errno));
    }
}

[[noreturn]] void power_off() {
    sync();
    reboot(RB_POWER_OFF);
    say("power off", std::strerror(errno));
    for (;;)
        pause();
}

// By name, in order: what another one needs has the lower number (guest/image/fetch_kernel).
void load_modules() {
    DIR* directory = opendir(modules);
    if (directory == nullptr)
        return; // a kernel that has everything built in
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory))
        if (entry->d_name[0] != '.')
            names.emplace_back(entry->d_name);
    std::ranges::sort(names);
    for (const std::string& name : names) {
        const int module = openat(dirfd(directory), name.c_str(), O_RDONLY | O_CLOEXEC);
        if (module < 0 || syscall(SYS_finit_module, module, "", 0) != 0)
            say(name.c_str(), std::strerror(errno));
        if (module >= 0)
            close(module);
    }
    closedir(directory);
}

bool is_on_command_line(std::string_view word) {
    std::array<char, 4096> text{};
    const int file = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t length = file < 0 ? 0 : read(file, text.data(), text.size());
    if (file >= 0)
        close(file);
    std::string words = ' ' + std::string(text.data(), length > 0 ? length : 0) + ' ';
    std::ranges::replace(words, '\n', ' ');
    return words.find(' ' + std::string(word) + ' ') != std::string::npos;
}

// Reaps whatever the kernel gives to the first process. True, with its status, once `child` is
// among it.
bool has_ended(pid_t child, int& status) {
    for (;;) {
        int how = 0;
        const pid_t ended = waitpid(-1, &how, WNOHANG);
        if (ended == child) {
            status = how;
            return true;
        }
        if (ended <= 0)
            return false;
    }
}

// The probe's status when it ends; nothing else ends this but the power button.
int wait_for(pid_t child, int children, std::vector<pollfd> devices) {
    devices.push_back({children, POLLIN, 0});
    for (;;) {
        if (int status = 0; has_ended(child, status))
            return status;
        if (poll(devices.data(), devices.size(), -1) < 0)
            continue;
        for (const pollfd& ready : devices) {
            if (ready.revents == 0)
                continue;
            if (ready.fd == children) {
                signalfd_siginfo heard{};
                [[maybe_unused]] const auto length = read(children, &heard, sizeof heard);
            } else if (vtpmlab::init::is_power_button_pressed(ready.fd)) {
                say("the power button was pressed, powering off", "");
                power_off();
            }
        }
    }
}

} // namespace

int main() {
    if (getpid() != 1) {
        std::fprintf(stderr,
                     "init: this is the first program of a guest, not one to run by hand\n");
        return 1;
    }
    mount_file_systems();
    load_modules();
    const bool is_deaf = is_on_command_line(deaf_to_acpi);
    if (is_deaf)
        say("the power button will be ignored, as the command line says", "");
    auto devices = is_deaf ? std::vector<pollfd>{} : vtpmlab::init::open_input_devices();
    sigset_t child_signals;
    sigemptyset(&child_signals);
    sigaddset(&child_signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_signals, nullptr);
    const int children = signalfd(-1, &child_signals, SFD_CLOEXEC);
    say("the micro guest is up, vtpm-probe answers on its second serial port", "");

    const pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, &child_signals, nullptr);
        execl(loader, loader, "--library-path", bundle, probe, static_cast<char*>(nullptr));
        say("cannot start the probe", std::strerror(errno));
        _exit(127);
    }
    if (child < 0) {
        say("cannot start the probe", std::strerror(errno));
        power_off();
    }

    const int status = wait_for(child, children, std::move(devices));
    if (WIFEXITED(status) && WEXITSTATUS(status) == probe_wants_reboot) {
        sync();
        reboot(RB_AUTOBOOT);
    }
    std::array<char, 64> how{};
    if (WIFSIGNALED(status))
        std::snprintf(how.data(), how.size(), "killed by signal %d", WTERMSIG(status));
    else if (status != 0)
        std::snprintf(how.data(), how.size(), "exit code %d", WEXITSTATUS(status));
    if (how[0] != '\0')
        say("vtpm-probe died, powering off", how.data());
    power_off();
}
