// The first program of the micro guest: makes the file systems the probe looks at, runs the probe
// with the loader and libraries that travel with it, and powers the machine off when the probe has
// ended. A probe that died is said so on the console, and the machine goes off as well: a silent
// guest would cost the harness its whole deadline.
//
// Linked statically, for nothing else is in the initramfs to link it with.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

constexpr const char* bundle = "/vtpm";
constexpr const char* loader = "/vtpm/loader";
constexpr const char* probe = "/vtpm/vtpm-probe";
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

// Waits for `child`, and reaps whatever else the kernel gives to the first process.
int wait_for(pid_t child) {
    int status = 0;
    for (;;) {
        const pid_t ended = wait(&status);
        if (ended == child)
            return status;
        if (ended < 0 && errno != EINTR)
            return -1;
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
    say("the micro guest is up, vtpm-probe answers on its second serial port", "");

    const pid_t child = fork();
    if (child == 0) {
        execl(loader, loader, "--library-path", bundle, probe, static_cast<char*>(nullptr));
        say("cannot start the probe", std::strerror(errno));
        _exit(127);
    }
    if (child < 0) {
        say("cannot start the probe", std::strerror(errno));
        power_off();
    }

    const int status = wait_for(child);
    if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == probe_wants_reboot) {
        sync();
        reboot(RB_AUTOBOOT);
    }
    std::array<char, 64> how{};
    if (status != -1 && WIFSIGNALED(status))
        std::snprintf(how.data(), how.size(), "killed by signal %d", WTERMSIG(status));
    else if (status != 0)
        std::snprintf(how.data(), how.size(), "exit code %d", WEXITSTATUS(status));
    if (how[0] != '\0')
        say("vtpm-probe died, powering off", how.data());
    power_off();
}
