#include "process/host/janitor.h"

#include "process/deadline.h"
#include "process/host/identity.h"
#include "process/host/init.h"
#include "process/run_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace vtpmlab::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto hosts_end_within = 30s;
constexpr auto removed_within = 20s;

enum class Wish { remove, keep };

Wish wait_for_the_end() {
    char byte = 0;
    ssize_t got;
    do
        got = ::read(lifeline, &byte, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? Wish::keep : Wish::remove;
}

// Every sandbox of the run holds this file locked while it lives.
void wait_for_the_hosts(const fs::path& directory) {
    const UniqueFd held(
        ::open((directory / hosts_lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (held.is_open())
        (void)wait_until(Deadline::in(hosts_end_within),
                         [&] { return ::flock(held.get(), LOCK_EX | LOCK_NB) == 0; });
}

bool try_to_remove(const fs::path& directory) {
    std::error_code code;
    fs::remove_all(directory, code);
    return !fs::exists(fs::symlink_status(directory, code));
}

} // namespace

Status remove_tree(const fs::path& directory) {
    if (try_to_remove(directory))
        return {};
    const auto code = run_with_ids([&] { return try_to_remove(directory) ? 0 : 1; });
    if (!code)
        return fail(Error(code.error()).wrapped("cannot remove " + directory.string()));
    if (*code == 0)
        return {};
    return fail(ErrorKind::lab, "cannot remove " + directory.string(), {},
                "see who uses it, then remove it by hand");
}

Status watch_over(const fs::path& directory) {
    for (int signal : {SIGINT, SIGHUP, SIGQUIT, SIGTERM, SIGPIPE})
        ::signal(signal, SIG_IGN);
    if (wait_for_the_end() == Wish::keep)
        return {};
    wait_for_the_hosts(directory);
    // What dies last may still write; so once more, until nothing comes back.
    Status removed;
    (void)wait_until(Deadline::in(removed_within), [&] {
        removed = remove_tree(directory);
        return removed.has_value();
    });
    return removed;
}

} // namespace vtpmlab::host
