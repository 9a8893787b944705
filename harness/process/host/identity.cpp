#include "process/host/identity.h"

#include "core/error_text.h"
#include "process/process.h"
#include "process/sub_ids.h"
#include "process/unique_fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace vtpmlab::host {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorKind::lab, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Error lab_error(std::string message) {
    Error error;
    error.message = std::move(message);
    return error;
}

bool send_byte(const UniqueFd& to) { return ::write(to.get(), "+", 1) == 1; }
bool receive_byte(const UniqueFd& from) {
    char byte = 0;
    ssize_t got;
    do
        got = ::read(from.get(), &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1;
}

// The child's end of the meeting: it must not outlive its parent, not even one that died before
// the death signal was asked for, and may go on only with its ids in place.
void meet_parent(Pipe& to_parent, Pipe& to_child, bool has_user_namespace) {
    to_parent.read.reset();
    to_child.write.reset();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!send_byte(to_parent.write) || !receive_byte(to_child.read))
        ::_exit(1);
    if (has_user_namespace) {
        if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
            ::_exit(1);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a change of ids may have cleared it
    }
}

Status set_map(const char* tool, pid_t pid, std::uint32_t self, const IdRange& sub_ids) {
    ProcessSpec spec;
    spec.program = tool;
    spec.arguments = {std::to_string(pid),
                      "0",
                      std::to_string(self),
                      "1",
                      "1",
                      std::to_string(sub_ids.first),
                      std::to_string(sub_ids.count)};
    auto completed = run_to_end(spec, 10s);
    if (!completed) {
        Error error = std::move(completed).error();
        error.hint = "install the package uidmap";
        return fail(std::move(error));
    }
    if (!completed->status.is_success())
        return fail(ErrorKind::lab,
                    fmt::format("{} refused the sub-ids: {}", tool, completed->output), {},
                    "look at /etc/subuid and /etc/subgid, and at the set-uid bit of the tool");
    return {};
}

tl::unexpected<Error> clone_failure(int code, bool has_user_namespace) {
    std::string hint;
    if (code == ENOSPC)
        hint = "raise the limits in /proc/sys/user (max_user_namespaces and its neighbours)";
    else if (has_user_namespace)
        hint = "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, "
               "kernel.apparmor_restrict_unprivileged_userns=0; or run as root";
    else
        hint = "root without CAP_SYS_ADMIN: run the container with --privileged, or run as an "
               "ordinary user";
    return fail(ErrorKind::lab, fmt::format("cannot make namespaces: {}", std::strerror(code)), {},
                std::move(hint));
}

} // namespace

Result<pid_t> start_child(int namespaces, const std::function<int()>& body) {
    const bool has_user_namespace = ::geteuid() != 0;
    IdMaps maps;
    if (has_user_namespace) {
        VTPMLAB_TRY(maps, id_maps_of_caller());
        namespaces |= CLONE_NEWUSER;
    }
    VTPMLAB_TRY(Pipe to_parent, make_pipe());
    VTPMLAB_TRY(Pipe to_child, make_pipe());

    const auto pid = static_cast<pid_t>(
        ::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, 0));
    if (pid < 0)
        return clone_failure(errno, has_user_namespace);
    if (pid == 0) {
        meet_parent(to_parent, to_child, has_user_namespace);
        ::_exit(body());
    }

    auto give_up = [&](Error error) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return fail(std::move(error));
    };
    to_parent.write.reset();
    to_child.read.reset();
    if (!receive_byte(to_parent.read))
        return give_up(lab_error("the namespace's first process died at once"));
    if (has_user_namespace) {
        if (auto set = set_map("newgidmap", pid, maps.group, maps.sub_groups); !set)
            return give_up(std::move(set).error());
        if (auto set = set_map("newuidmap", pid, maps.user, maps.sub_users); !set)
            return give_up(std::move(set).error());
    }
    if (!send_byte(to_child.write))
        return give_up(lab_error("the namespace's first process died early"));
    return pid;
}

Result<int> run_with_ids(const std::function<int()>& body) {
    if (::geteuid() == 0)
        return body();
    VTPMLAB_TRY(const pid_t child, start_child(0, body));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace vtpmlab::host
