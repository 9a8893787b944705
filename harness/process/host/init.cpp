#include "process/host/init.h"

#include "core/error_text.h"
#include "process/host/descendants.h"
#include "process/host/identity.h"
#include "process/host/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace vtpmlab::host {
namespace {

constexpr int killed = 128 + SIGKILL;

tl::unexpected<Error> failure(std::string_view what) {
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<UniqueFd> signals_of_interest() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
        sigaddset(&signals, signal);
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    UniqueFd fd(::signalfd(-1, &signals, SFD_CLOEXEC));
    if (!fd.is_open())
        return failure("watch for signals");
    return fd;
}

enum class Event { child, asked_to_end, alone, order };

// Orders are for init alone: the process around it only sees that the line is cut.
enum class Orders { taken, left };

Event next_event(const UniqueFd& signals, Orders orders) {
    const short awaited = orders == Orders::taken ? POLLIN : 0;
    while (true) {
        pollfd watched[] = {{signals.get(), POLLIN, 0}, {lifeline, awaited, 0}};
        if (::poll(watched, 2, -1) < 0)
            continue;
        if ((watched[1].revents & ~POLLIN) != 0)
            return Event::alone;
        if (watched[1].revents != 0)
            return Event::order;
        signalfd_siginfo info{};
        if (::read(signals.get(), &info, sizeof info) == sizeof info)
            return info.ssi_signo == SIGCHLD ? Event::child : Event::asked_to_end;
    }
}

Status raise_loopback() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!socket.is_open() || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return failure("bring up the loopback device");
    return {};
}

Status arrange(const SandboxSpec& spec) {
    VTPMLAB_CHECK(arrange_mounts(spec));
    if (!spec.hostname.empty() && ::sethostname(spec.hostname.data(), spec.hostname.size()) != 0)
        return failure("set the host's name");
    if (spec.network == SandboxNetwork::own)
        VTPMLAB_CHECK(raise_loopback());
    return {};
}

[[noreturn]] void become_program(const SandboxSpec& spec) {
    ::setsid();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::close_range(lifeline, ~0u, 0);
    std::string program = spec.program;
    if (auto found = find_program(program))
        program = *found;
    std::vector<std::string> words{spec.program};
    words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(program.c_str(), arguments.data());
    const auto error = failure("run " + spec.program);
    std::fputs(error_text(error.value()).c_str(), stderr);
    ::_exit(127);
}

pid_t start_program(const SandboxSpec& spec) {
    const pid_t program = ::fork();
    if (program == 0)
        become_program(spec);
    return program;
}

void answer(std::string_view text) {
    (void)!::send(lifeline, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// What is wrong, or "done".
std::string kill_by_file(const std::string& pattern) {
    glob_t found{};
    const bool is_one =
        ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0 && found.gl_pathc == 1;
    const std::string file = is_one ? found.gl_pathv[0] : "";
    ::globfree(&found);
    if (!is_one)
        return "there is no such file, or more than one";
    std::ifstream stream(file);
    pid_t process = 0;
    if (!(stream >> process) || process <= 1)
        return "no process id stands in " + file;
    if (::kill(process, SIGKILL) != 0)
        return fmt::format("process {}: {}", process, std::strerror(errno));
    return "done";
}

std::string done_or_why(const Status& status) { return status ? "done" : status.error().message; }

// True when the program is to run again after its end; that answers the order.
bool take_order(pid_t program) {
    char text[512];
    const ssize_t got = ::recv(lifeline, text, sizeof text, MSG_DONTWAIT);
    const std::string_view order(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    constexpr std::string_view kill = "kill ", fill = "fill ", unfill = "unfill ";
    if (order == "restart" && ::kill(program, SIGTERM) == 0)
        return true;
    if (order.starts_with(kill))
        answer(kill_by_file(std::string(order.substr(kill.size()))));
    else if (order.starts_with(fill))
        answer(done_or_why(cover_with_full_disk(order.substr(fill.size()))));
    else if (order.starts_with(unfill))
        answer(done_or_why(uncover_full_disk(order.substr(unfill.size()))));
    else
        answer("this is no order");
    return false;
}

// Runs the program and reaps what it leaves, until it ends or the plug is to be pulled.
int tend_program(const SandboxSpec& spec, const UniqueFd& signals) {
    pid_t program = start_program(spec);
    bool restarts = false;
    while (program > 0) {
        const Event event = next_event(signals, Orders::taken);
        if (event == Event::order) {
            restarts = take_order(program) || restarts;
            continue;
        }
        if (event != Event::child)
            return killed;
        int status = 0;
        while (const pid_t ended = ::waitpid(-1, &status, WNOHANG)) {
            if (ended < 0)
                break;
            if (ended != program)
                continue;
            if (!restarts)
                return exit_code(status);
            restarts = false;
            program = start_program(spec);
            answer(program > 0 ? "done" : std::strerror(errno));
        }
    }
    return 3;
}

// Runs as process 1: when it returns, the kernel kills everything in the namespace.
int init(const SandboxSpec& spec, const UniqueFd& signals) {
    ::prctl(PR_SET_NAME, "vtpmlab-init");
    if (auto arranged = arrange(spec); !arranged) {
        std::fputs(error_text(arranged.error()).c_str(), stderr);
        return 3;
    }
    return tend_program(spec, signals);
}

Result<int> run_unconfined(const SandboxSpec& spec, const UniqueFd& signals) {
    VTPMLAB_CHECK(adopt_descendants());
    const int code = tend_program(spec, signals);
    VTPMLAB_CHECK(kill_descendants());
    return code;
}

Result<UniqueFd> hold(const std::filesystem::path& file) {
    if (file.empty())
        return UniqueFd();
    UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.is_open() || ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0)
        return failure("lock " + file.string());
    return fd;
}

} // namespace

Result<int> run_sandbox(const SandboxSpec& spec) {
    ::fcntl(lifeline, F_SETFD, FD_CLOEXEC);
    VTPMLAB_TRY(const UniqueFd held, hold(spec.held_file));
    VTPMLAB_TRY(const UniqueFd signals, signals_of_interest());
    if (spec.confinement == Confinement::none)
        return run_unconfined(spec, signals);
    int namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
    if (spec.network == SandboxNetwork::own)
        namespaces |= CLONE_NEWNET;
    VTPMLAB_TRY(const pid_t child, start_child(namespaces, [&] { return init(spec, signals); }));

    // A signalfd belongs to whoever reads it: each of the two processes sees its own signals.
    bool is_killed = false;
    while (true) {
        int status = 0;
        if (::waitpid(child, &status, is_killed ? 0 : WNOHANG) == child)
            return exit_code(status);
        if (next_event(signals, Orders::left) != Event::child) {
            ::kill(child, SIGKILL);
            is_killed = true;
        }
    }
}

} // namespace vtpmlab::host
