#pragma once
// Programs as values and as owned things. A Process owns a whole process group: when it goes, the
// group is asked to end, then killed, then reaped, and seen to be empty. Output goes to a file,
// never to a pipe nobody reads; no descriptor of this program leaks into it.
//
// Not for what must die with this program: that runs in a sandbox (process/sandbox.h), for a
// process group outlives the kill -9 of whoever owns it.

#include "process/deadline.h"
#include "process/unique_fd.h"

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab {

enum class ProcessSession {
    inherited,
    own, // away from the terminal: Ctrl-C and hang-up do not reach it
};

struct ProcessSpec {
    std::filesystem::path program{}; // a path, or a name to look up in PATH
    std::vector<std::string> arguments{};
    // Added to, or in place of, what is inherited.
    std::vector<std::pair<std::string, std::string>> environment{};
    std::filesystem::path directory{}; // to run in; empty: this program's
    std::filesystem::path log{};       // standard output and error, appended; empty: thrown away
    // Inherited by the program as 3, 4, … Not owned.
    std::vector<int> descriptors{};
    ProcessSession session = ProcessSession::inherited;
};

struct ProcessLimits {
    std::chrono::milliseconds terminate{2000}; // from SIGTERM to SIGKILL
    std::chrono::milliseconds kill{5000};      // from SIGKILL to "it cannot be killed"
};

struct ExitStatus {
    int code = 0;
    int signal = 0; // 0: it ended by itself, with `code`

    [[nodiscard]] bool is_success() const { return code == 0 && signal == 0; }
    // "exit code 3", "killed by signal 9 (Killed)"
    [[nodiscard]] std::string text() const;
    friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

struct Completed {
    ExitStatus status;
    std::string output; // the last 64 KiB of standard output and error
};

class Process {
public:
    // The program is running, in a process group of its own, when this returns.
    [[nodiscard]] static Result<Process> start(const ProcessSpec& spec, ProcessLimits limits = {});

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Nothing while it runs.
    [[nodiscard]] std::optional<ExitStatus> exit_status();
    // Nothing if it still runs at the deadline.
    [[nodiscard]] std::optional<ExitStatus> wait(const Deadline& deadline);
    // Ends the group as the destructor does; an error if it could not be ended. Doing it again, or
    // to what has ended by itself, is no error.
    Status stop();
    // The same without asking first.
    Status kill();
    // Asks the program to end, and does not wait. From any thread: changes nothing here.
    void terminate() const;

private:
    friend Result<Completed> run_to_end(const ProcessSpec& spec,
                                        std::chrono::milliseconds deadline);
    [[nodiscard]] static Result<Process> start_with_output(const ProcessSpec& spec, int output,
                                                           ProcessLimits limits);
    Process(std::string name, pid_t pid, UniqueFd handle, ProcessLimits limits)
        : name_(std::move(name)), pid_(pid), handle_(std::move(handle)), limits_(limits) {}

    std::string name_;
    pid_t pid_ = -1; // also the group's id; -1: moved from
    UniqueFd handle_;
    ProcessLimits limits_;
    std::optional<ExitStatus> status_;
    bool is_reaped_ = false;
};

// A short tool, run to its end. Not finishing in time is an error, with the tail of its output;
// a non-zero exit is a value.
[[nodiscard]] Result<Completed> run_to_end(const ProcessSpec& spec,
                                           std::chrono::milliseconds deadline);

// The program's path as the shell would find it; nothing if there is none.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

} // namespace vtpmlab
