#include "process/sandbox.h"

#include "core/text.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

// Ending a daemon with guests takes a second or two.
constexpr auto orders_are_done_within = std::chrono::seconds(60);

struct Lifeline {
    UniqueFd ours;
    UniqueFd theirs;
};

Result<Lifeline> make_lifeline() {
    // Orders go in and answers come out in one piece each.
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot make a pair of sockets: {}", std::strerror(errno)), {},
                    "raise the limit of open files (ulimit -n)");
    return Lifeline{UniqueFd(ends[1]), UniqueFd(ends[0])};
}

Result<ProcessSpec> process_of(const SandboxSpec& spec, const Lifeline& lifeline) {
    VTPMLAB_TRY(fs::path program, host_program());
    ProcessSpec process;
    process.program = std::move(program);
    process.arguments = sandbox_arguments(spec);
    process.environment = spec.environment;
    process.directory = "/";
    process.log = spec.log;
    process.descriptors = {lifeline.theirs.get()};
    return process;
}

// vtpmlab-host tells a signal as shells do: 128 and its number.
ExitStatus inside(ExitStatus status) {
    if (status.code > 128 && status.code < 128 + NSIG)
        return ExitStatus{0, status.code - 128};
    return status;
}

} // namespace

std::vector<std::string> sandbox_arguments(const SandboxSpec& spec) {
    std::vector<std::string> arguments{"run"};
    auto add = [&](std::initializer_list<std::string> words) {
        arguments.insert(arguments.end(), words);
    };
    if (spec.confinement == Confinement::none)
        add({"--unconfined"});
    if (!spec.hostname.empty())
        add({"--hostname", spec.hostname});
    if (spec.network == SandboxNetwork::shared)
        add({"--shared-network"});
    if (!spec.held_file.empty())
        add({"--hold", spec.held_file});
    for (const fs::path& path : spec.emptied)
        add({"--empty", path});
    for (const fs::path& path : spec.hidden)
        add({"--hide", path});
    for (const SandboxBind& bind : spec.binds)
        add({"--bind", bind.source, bind.target});
    add({"--", spec.program});
    arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
    return arguments;
}

Result<SandboxSpec> parse_sandbox_arguments(const std::vector<std::string>& arguments) {
    SandboxSpec spec;
    std::size_t at = 1; // past "run"
    auto next = [&]() -> Result<std::string> {
        if (at >= arguments.size())
            return fail(ErrorKind::usage,
                        "an argument is missing after '" + arguments.back() + "'");
        return arguments[at++];
    };
    while (true) {
        VTPMLAB_TRY(const std::string word, next());
        if (word == "--")
            break;
        if (word == "--unconfined") {
            spec.confinement = Confinement::none;
            continue;
        }
        if (word == "--shared-network") {
            spec.network = SandboxNetwork::shared;
            continue;
        }
        VTPMLAB_TRY(std::string value, next());
        if (word == "--hostname") {
            spec.hostname = std::move(value);
        } else if (word == "--hold") {
            spec.held_file = std::move(value);
        } else if (word == "--empty") {
            spec.emptied.emplace_back(std::move(value));
        } else if (word == "--hide") {
            spec.hidden.emplace_back(std::move(value));
        } else if (word == "--bind") {
            VTPMLAB_TRY(std::string target, next());
            spec.binds.push_back({std::move(value), std::move(target)});
        } else {
            return fail(ErrorKind::usage, "unknown argument '" + word + "'");
        }
    }
    VTPMLAB_TRY(spec.program, next());
    spec.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(at), arguments.end());
    return spec;
}

Result<Sandbox> Sandbox::start(const SandboxSpec& spec) {
    VTPMLAB_TRY(Lifeline lifeline, make_lifeline());
    VTPMLAB_TRY(const ProcessSpec process_spec, process_of(spec, lifeline));
    VTPMLAB_TRY(Process process, Process::start(process_spec));
    return Sandbox(std::move(process), std::move(lifeline.ours), spec);
}

Sandbox::Sandbox(Process process, UniqueFd lifeline, const SandboxSpec& spec)
    : lifeline_(std::move(lifeline)), process_(std::move(process)),
      confinement_(spec.confinement), command_{spec.program} {
    command_.insert(command_.end(), spec.arguments.begin(), spec.arguments.end());
}

std::vector<RunningProcess> Sandbox::others() const {
    const pid_t warden = process_.pid();
    auto found = descendants_of(warden);
    // The warden's one child is the namespace's init; without a namespace it is its own.
    pid_t init = warden;
    if (confinement_ == Confinement::namespaces) {
        const auto child = std::ranges::find(found, warden, &RunningProcess::parent);
        if (child == found.end())
            return {};
        init = child->pid;
    }
    std::erase_if(found, [&](const RunningProcess& process) {
        return process.pid == init || process.command.empty() ||
               (process.parent == init && process.command == command_);
    });
    return found;
}

std::optional<ExitStatus> Sandbox::exit_status() {
    return wait(Deadline::in(std::chrono::milliseconds(0)));
}

std::optional<ExitStatus> Sandbox::wait(const Deadline& deadline) {
    const auto status = process_.wait(deadline);
    return status ? std::optional(inside(*status)) : std::nullopt;
}

Status Sandbox::order(const std::string& what) {
    if (::send(lifeline_.get(), what.data(), what.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return fail(ErrorKind::lab,
                    fmt::format("cannot tell the host to {}: {}", what, std::strerror(errno)));
    pollfd answer{lifeline_.get(), POLLIN, 0};
    const Deadline deadline = Deadline::in(orders_are_done_within);
    int ready = 0;
    while ((ready = ::poll(&answer, 1, static_cast<int>(deadline.left().count()))) < 0 &&
           errno == EINTR)
        continue;
    char text[512];
    const ssize_t got = ready > 0 ? ::recv(lifeline_.get(), text, sizeof text, MSG_DONTWAIT) : -1;
    if (got <= 0)
        return fail(ErrorKind::lab, fmt::format("the host was told to {} and did not answer", what),
                    {}, "read the host's host.log");
    const std::string_view said(text, static_cast<std::size_t>(got));
    if (said != "done")
        return fail(ErrorKind::lab,
                    fmt::format("the host cannot {}: {}", what, printable(said, 400)), {},
                    "read the host's host.log");
    return {};
}

Result<Completed> run_sandbox_to_end(const SandboxSpec& spec, std::chrono::milliseconds deadline) {
    VTPMLAB_TRY(const Lifeline lifeline, make_lifeline());
    VTPMLAB_TRY(const ProcessSpec process_spec, process_of(spec, lifeline));
    VTPMLAB_TRY(Completed completed, run_to_end(process_spec, deadline));
    completed.status = inside(completed.status);
    return completed;
}

Status try_namespaces() {
    SandboxSpec spec;
    spec.program = "true";
    VTPMLAB_TRY(const Completed tried, run_sandbox_to_end(spec, std::chrono::seconds(20)));
    if (tried.status.is_success())
        return {};
    std::string why = tried.output.substr(0, tried.output.find('\n'));
    if (why.starts_with("error: "))
        why.erase(0, 7);
    return fail(ErrorKind::lab, "hosts cannot have namespaces here: " + why, {},
                "vtpmlab doctor tells what hosts need of this machine");
}

Result<fs::path> host_program() {
    std::vector<fs::path> candidates;
    if (const char* named = std::getenv("VTPMLAB_HOST_PROGRAM"); named != nullptr)
        candidates.emplace_back(named);
    std::error_code ignored;
    const fs::path self = fs::read_symlink("/proc/self/exe", ignored);
    candidates.push_back(self.parent_path().parent_path() / "libexec/vtpmlab/vtpmlab-host");
    candidates.emplace_back(VTPMLAB_BUILT_HOST_PROGRAM);
    for (const fs::path& candidate : candidates)
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    return fail(ErrorKind::lab,
                fmt::format("cannot find vtpmlab-host (looked at {} and {})",
                            candidates.front().string(), candidates.back().string()),
                {}, "install vtpmlab completely, or set VTPMLAB_HOST_PROGRAM to its path");
}

} // namespace vtpmlab
