#include "process/host/descendants.h"

#include "process/deadline.h"
#include "process/descendants.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>

namespace vtpmlab::host {
namespace {

using namespace std::chrono_literals;

constexpr auto killed_within = 10s;

} // namespace

Status adopt_descendants() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot take in orphaned processes: {}", std::strerror(errno)));
    return {};
}

Status kill_descendants() {
    const bool is_over = wait_until(Deadline::in(killed_within), [] {
        const auto alive = descendants_of(::getpid());
        for (const RunningProcess& process : alive)
            ::kill(process.pid, SIGKILL);
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        return alive.empty();
    });
    if (is_over)
        return {};
    return fail(ErrorKind::lab,
                fmt::format("{} processes of a host could not be killed",
                            descendants_of(::getpid()).size()),
                {},
                "see what they wait for: ps -o pid,stat,wchan,args --ppid " +
                    std::to_string(::getpid()));
}

} // namespace vtpmlab::host
