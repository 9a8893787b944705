#pragma once
// A program of the user's that runs in front of vtpmlab: same terminal, same process group, so that
// a shell works and Ctrl-C reaches it first. Not owned as a Process is: it may change its own
// group, as shells do. When vtpmlab dies, by kill -9 too, the program gets a SIGTERM.

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::cli {

class ForegroundCommand {
public:
    // `environment` is added to, or stands in place of, what is inherited. Kind usage when there is
    // no such program.
    [[nodiscard]] static Result<ForegroundCommand>
    start(const std::vector<std::string>& command,
          const std::vector<std::pair<std::string, std::string>>& environment);
    // Asks it to end (SIGTERM), then kills it.
    ~ForegroundCommand();
    ForegroundCommand(ForegroundCommand&& other) noexcept;
    ForegroundCommand& operator=(ForegroundCommand&&) = delete;
    ForegroundCommand(const ForegroundCommand&) = delete;
    ForegroundCommand& operator=(const ForegroundCommand&) = delete;

    // Nothing while it runs; then what a shell would say: its code, or 128 and the signal.
    [[nodiscard]] std::optional<int> exit_code();

private:
    explicit ForegroundCommand(pid_t pid) : pid_(pid) {}

    pid_t pid_; // -1: moved from, or reaped
    std::optional<int> code_;
};

} // namespace vtpmlab::cli
