#include "cli/foreground_command.h"

#include "process/deadline.h"
#include "process/unique_fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace vtpmlab::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto ends_within = 3s;

std::vector<std::string>
merged_environment(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> merged;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text = *variable;
        const auto name = text.substr(0, text.find('='));
        bool is_replaced = false;
        for (const auto& [key, value] : added)
            is_replaced = is_replaced || key == name;
        if (!is_replaced)
            merged.push_back(text);
    }
    for (const auto& [key, value] : added)
        merged.push_back(key + "=" + value);
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

} // namespace

Result<ForegroundCommand>
ForegroundCommand::start(const std::vector<std::string>& command,
                         const std::vector<std::pair<std::string, std::string>>& environment) {
    auto arguments = command;
    auto variables = merged_environment(environment);
    const auto program = pointers(arguments), environment_of_program = pointers(variables);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorKind::lab, fmt::format("cannot make a pipe: {}", std::strerror(errno)), {},
                    "raise the limit of open files (ulimit -n)");
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    // fork, as posix_spawn cannot ask for the signal that comes when this program dies, by kill -9
    // too. Between fork and exec nothing is called that takes a lock or memory.
    const pid_t vtpmlab = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && ::getppid() == vtpmlab)
            ::execvpe(program.front(), program.data(), environment_of_program.data());
        const int code = errno;
        // Nobody reads it when vtpmlab is gone, and then nobody needs it.
        [[maybe_unused]] const auto written = ::write(theirs.get(), &code, sizeof code);
        ::_exit(127);
    }
    int code = pid < 0 ? errno : 0;
    theirs.reset();
    if (pid > 0 && ::read(ours.get(), &code, sizeof code) > 0)
        ::waitpid(pid, nullptr, 0);
    if (code != 0)
        return fail(ErrorKind::usage,
                    fmt::format("cannot run '{}': {}", command.front(), std::strerror(code)), {},
                    "what stands after -- is run in the cloud");
    return ForegroundCommand(pid);
}

ForegroundCommand::ForegroundCommand(ForegroundCommand&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), code_(other.code_) {}

ForegroundCommand::~ForegroundCommand() {
    if (pid_ < 0 || exit_code())
        return;
    ::kill(pid_, SIGTERM);
    if (wait_until(Deadline::in(ends_within), [this] { return exit_code().has_value(); }))
        return;
    ::kill(pid_, SIGKILL);
    (void)wait_until(Deadline::in(ends_within), [this] { return exit_code().has_value(); });
}

std::optional<int> ForegroundCommand::exit_code() {
    if (code_ || pid_ < 0)
        return code_;
    int status = 0;
    pid_t found = -1;
    while ((found = ::waitpid(pid_, &status, WNOHANG)) < 0 && errno == EINTR) {
    }
    if (found == 0)
        return std::nullopt;
    code_ = found < 0 ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_;
}

} // namespace vtpmlab::cli
