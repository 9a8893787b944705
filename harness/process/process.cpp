// posix_spawn and pidfds rather than Boost.Process: version 1.74 forks in a program with threads,
// allocates in the child, leaks every descriptor not marked close-on-exec, and its wait_for() forks
// a second process and changes the signal mask of the calling thread to keep time. posix_spawn has
// none of this, closes all descriptors but the named ones, and a pidfd can be polled.

#include "process/process.h"

#include "core/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>

extern char** environ;

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

constexpr int first_passed_descriptor = 3;
constexpr std::size_t output_limit = std::size_t{64} << 10;

// Where a program is looked for beside $PATH: an ordinary user's PATH often lacks the sbin ones,
// and libvirtd lives there.
constexpr const char* more_program_directories = ":/usr/sbin:/sbin:/usr/bin:/bin";

tl::unexpected<Error> start_failure(const ProcessSpec& spec, int code) {
    std::string hint;
    if (code == ENOENT)
        hint = "install it, or check PATH; vtpmlab doctor names the packages";
    else if (code == EACCES)
        hint = "check that the file may be executed";
    else if (code == EAGAIN)
        hint = "too many processes: look at ulimit -u";
    return fail(ErrorKind::lab,
                fmt::format("cannot run {}: {}", spec.program.string(), std::strerror(code)), {},
                std::move(hint));
}

// Owns what posix_spawn wants described; the descriptors' copies are above all the targets, so that
// no dup2 can overwrite a source.
class SpawnPlan {
public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;
    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    int describe(const ProcessSpec& spec, int output) {
        posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, 1);
        posix_spawn_file_actions_adddup2(&actions_, output, 2);
        int target = first_passed_descriptor;
        for (int fd : spec.descriptors) {
            UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 64));
            if (!copy.is_open())
                return errno;
            posix_spawn_file_actions_adddup2(&actions_, copy.get(), target++);
            copies_.push_back(std::move(copy));
        }
        posix_spawn_file_actions_addclosefrom_np(&actions_, target);
        if (!spec.directory.empty())
            posix_spawn_file_actions_addchdir_np(&actions_, spec.directory.c_str());

        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        if (spec.session == ProcessSession::own)
            flags |= POSIX_SPAWN_SETSID;
        else
            flags |= POSIX_SPAWN_SETPGROUP; // pgroup 0: one of its own
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        return posix_spawnattr_setflags(&attributes_, flags);
    }

    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    std::vector<UniqueFd> copies_;
};

std::vector<std::string> environment_of(const ProcessSpec& spec) {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
    for (const auto& [name, value] : spec.environment)
        variables[name] = value;
    std::vector<std::string> entries;
    entries.reserve(variables.size());
    for (const auto& [name, value] : variables)
        entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

Result<UniqueFd> open_output(const ProcessSpec& spec) {
    const bool thrown_away = spec.log.empty();
    UniqueFd fd(thrown_away
                    ? ::open("/dev/null", O_WRONLY | O_CLOEXEC)
                    : ::open(spec.log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
    if (!fd.is_open())
        return fail(ErrorKind::lab,
                    fmt::format("cannot write {}: {}", spec.log.string(), std::strerror(errno)), {},
                    "check the directory's permissions and free disk space");
    return fd;
}

bool group_is_empty(pid_t group) { return ::kill(-group, 0) != 0 && errno == ESRCH; }

std::string tail_of_memory(int fd) {
    const off_t size = ::lseek(fd, 0, SEEK_END);
    if (size <= 0)
        return {};
    const auto length = std::min(static_cast<std::size_t>(size), output_limit);
    std::string text(length, '\0');
    const ssize_t got = ::pread(fd, text.data(), length, size - static_cast<off_t>(length));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

} // namespace

std::string ExitStatus::text() const {
    if (signal != 0)
        return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
    return fmt::format("exit code {}", code);
}

Result<Process> Process::start(const ProcessSpec& spec, ProcessLimits limits) {
    VTPMLAB_TRY(UniqueFd output, open_output(spec));
    return start_with_output(spec, output.get(), limits);
}

Result<Process> Process::start_with_output(const ProcessSpec& spec, int output,
                                           ProcessLimits limits) {
    const auto program = find_program(spec.program.string());
    if (!program)
        return start_failure(spec, ENOENT);
    SpawnPlan plan;
    if (const int code = plan.describe(spec, output); code != 0)
        return start_failure(spec, code);

    std::vector<std::string> arguments{spec.program.string()};
    arguments.insert(arguments.end(), spec.arguments.begin(), spec.arguments.end());
    std::vector<std::string> environment = environment_of(spec);
    pid_t pid = -1;
    if (const int code = posix_spawn(&pid, program->c_str(), plan.actions(), plan.attributes(),
                                     pointers(arguments).data(), pointers(environment).data());
        code != 0)
        return start_failure(spec, code);
    // The child is ours and not reaped yet, so its id cannot have been given to another.
    UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle.is_open()) {
        const int code = errno;
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return start_failure(spec, code);
    }
    return Process(spec.program.filename().string(), pid, std::move(handle), limits);
}

Process::Process(Process&& other) noexcept
    : name_(std::move(other.name_)), pid_(std::exchange(other.pid_, -1)),
      handle_(std::move(other.handle_)), limits_(other.limits_), status_(other.status_),
      is_reaped_(other.is_reaped_) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(name_, other.name_);
    std::swap(pid_, other.pid_);
    std::swap(handle_, other.handle_);
    std::swap(limits_, other.limits_);
    std::swap(status_, other.status_);
    std::swap(is_reaped_, other.is_reaped_);
    return *this;
}

Process::~Process() {
    if (pid_ > 0)
        (void)stop(); // a destructor can tell nobody; the left-over audits count processes
}

std::optional<ExitStatus> Process::exit_status() {
    return wait(Deadline::in(std::chrono::milliseconds(0)));
}

std::optional<ExitStatus> Process::wait(const Deadline& deadline) {
    while (!status_) {
        pollfd ended{handle_.get(), POLLIN, 0};
        const int count = ::poll(&ended, 1, static_cast<int>(deadline.left().count()));
        if (count == 0)
            return std::nullopt;
        if (count < 0)
            continue; // EINTR: the time that is left is counted anew
        // Seen, but not reaped: the zombie keeps the group's id from being given to strangers until
        // kill() has dealt with the rest of the group.
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0)
            status_ = info.si_code == CLD_EXITED ? ExitStatus{info.si_status, 0}
                                                 : ExitStatus{0, info.si_status};
        else if (errno != EINTR)
            status_ = ExitStatus{}; // reaped by somebody else: gone in any case
    }
    return status_;
}

Status Process::stop() {
    if (!exit_status()) {
        ::kill(-pid_, SIGTERM);
        (void)wait(Deadline::in(limits_.terminate));
    }
    return kill();
}

Status Process::kill() {
    if (is_reaped_)
        return {};
    const Deadline deadline = Deadline::in(limits_.kill);
    ::kill(-pid_, SIGKILL);
    if (!wait(deadline))
        return fail(ErrorKind::lab,
                    fmt::format("{} (process {}) does not die of SIGKILL within {} s", name_, pid_,
                                limits_.kill.count() / 1000),
                    {}, "it hangs in the kernel; look at dmesg");
    ::waitpid(pid_, nullptr, 0);
    is_reaped_ = true;
    if (!wait_until(deadline, [this] { return group_is_empty(pid_); }))
        return fail(ErrorKind::lab,
                    fmt::format("the process group {} of {} is not empty {} s after SIGKILL", pid_,
                                name_, limits_.kill.count() / 1000),
                    {}, fmt::format("see what is left with ps -s -g {}", pid_));
    return {};
}

void Process::terminate() const {
    (void)::syscall(SYS_pidfd_send_signal, handle_.get(), SIGTERM, nullptr, 0);
}

Result<Completed> run_to_end(const ProcessSpec& spec, std::chrono::milliseconds deadline) {
    UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
    if (!output.is_open())
        return start_failure(spec, errno);
    VTPMLAB_TRY(Process process, Process::start_with_output(spec, output.get(), {}));
    const auto status = process.wait(Deadline::in(deadline));
    if (!status) {
        (void)process.kill();
        Error error;
        error.message = fmt::format("{} did not end within {} s", spec.program.string(),
                                    static_cast<double>(deadline.count()) / 1000);
        if (std::string text = tail_of_memory(output.get()); !text.empty())
            error.causes.push_back("it printed: " + printable(text, 1024));
        return fail(std::move(error));
    }
    VTPMLAB_CHECK(process.kill()); // what it may have left in its group
    return Completed{*status, tail_of_memory(output.get())};
}

std::optional<fs::path> find_program(const std::string& name) {
    auto is_executable = [](const fs::path& path) {
        std::error_code ignored;
        return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
    };
    if (name.find('/') != std::string::npos)
        return is_executable(name) ? std::optional<fs::path>(name) : std::nullopt;
    const char* path = std::getenv("PATH");
    std::string directories = std::string(path != nullptr ? path : "") + more_program_directories;
    std::size_t from = 0;
    while (from <= directories.size()) {
        const std::size_t to = std::min(directories.find(':', from), directories.size());
        if (to > from)
            if (fs::path candidate = fs::path(directories.substr(from, to - from)) / name;
                is_executable(candidate))
                return candidate;
        from = to + 1;
    }
    return std::nullopt;
}

} // namespace vtpmlab
