#include "process/host/descendants.h"

#include "process/deadline.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

namespace vtpmlab::host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto killed_within = 10s;

std::optional<pid_t> number_in(std::string_view text) {
    pid_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

// The fourth field of /proc/PID/stat; the second is a name in parentheses which may hold anything.
std::optional<pid_t> parent_of(const fs::path& process) {
    std::ifstream stream(process / "stat");
    std::string text;
    std::getline(stream, text);
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos || text.size() < name_end + 5)
        return std::nullopt;
    const std::size_t begin = name_end + 4; // past the state
    return number_in(std::string_view(text).substr(begin, text.find(' ', begin) - begin));
}

} // namespace

Status adopt_descendants() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot take in orphaned processes: {}", std::strerror(errno)));
    return {};
}

std::vector<pid_t> descendants() {
    std::multimap<pid_t, pid_t> children;
    std::error_code code;
    for (auto at = fs::directory_iterator("/proc", code); !code && at != fs::directory_iterator();
         at.increment(code))
        if (const auto pid = number_in(at->path().filename().native()))
            if (const auto parent = parent_of(at->path()))
                children.emplace(*parent, *pid);
    std::vector<pid_t> found{::getpid()};
    for (std::size_t at = 0; at < found.size(); ++at) {
        const auto [first, last] = children.equal_range(found[at]);
        for (auto child = first; child != last; ++child)
            found.push_back(child->second);
    }
    found.erase(found.begin());
    return found;
}

Status kill_descendants() {
    const bool is_over = wait_until(Deadline::in(killed_within), [] {
        const auto alive = descendants();
        for (const pid_t pid : alive)
            ::kill(pid, SIGKILL);
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        return alive.empty();
    });
    if (is_over)
        return {};
    return fail(ErrorKind::lab,
                fmt::format("{} processes of a host could not be killed", descendants().size()), {},
                "see what they wait for: ps -o pid,stat,wchan,args --ppid " +
                    std::to_string(::getpid()));
}

} // namespace vtpmlab::host
