#pragma once
// A program in mount, UTS, IPC, PID and network namespaces of its own (and, for an ordinary user, a
// user namespace): what a simulated host is made of. Everything it starts dies with it, at once,
// and it dies with this program, however that ends: killing the namespace's init is the kernel's
// own power cut. Nothing outside changes: mounts, the host's name and its network are its own.
//
// Where namespaces are forbidden a sandbox may do without: then it is no more than a program all of
// whose descendants, daemons included, are killed when it ends.
//
// The work is done by the program vtpmlab-host (process/host), because namespaces want a program
// with one thread.

#include "process/descendants.h"
#include "process/process.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab {

enum class Confinement {
    namespaces,
    // Hostname, binds, emptied, hidden and network do nothing. Ends with vtpmlab, also by its kill
    // -9; but after a kill -9 of vtpmlab-host itself, what it ran goes on.
    none,
};

enum class SandboxNetwork {
    own,    // the loopback device and nothing else
    shared, // this machine's
};

struct SandboxBind {
    std::filesystem::path source; // directory or file, as seen from outside
    std::filesystem::path target; // need not exist: nothing is made outside the sandbox
    friend bool operator==(const SandboxBind&, const SandboxBind&) = default;
};

struct SandboxSpec {
    Confinement confinement = Confinement::namespaces;
    std::string hostname{};
    std::vector<SandboxBind> binds{};
    std::vector<std::filesystem::path> emptied{}; // directories that show only what is bound there
    std::vector<std::filesystem::path> hidden{};  // single entries that are not there
    SandboxNetwork network = SandboxNetwork::own;
    // A file locked (shared) as long as anything of the sandbox lives; empty: none.
    std::filesystem::path held_file{};
    // Run by the namespace's init; the sandbox ends when it ends. Standard output and error go to
    // `log`; the helper's own errors as well.
    std::string program{};
    std::vector<std::string> arguments{};
    std::vector<std::pair<std::string, std::string>> environment{};
    std::filesystem::path log{};
    friend bool operator==(const SandboxSpec&, const SandboxSpec&) = default;
};

// The argument list of vtpmlab-host, there and back. `log` and `environment` do not travel: they
// are inherited.
[[nodiscard]] std::vector<std::string> sandbox_arguments(const SandboxSpec& spec);
[[nodiscard]] Result<SandboxSpec>
parse_sandbox_arguments(const std::vector<std::string>& arguments);

class Sandbox {
public:
    // The program may not run yet when this returns; if it cannot, the sandbox ends and says why in
    // `log`.
    [[nodiscard]] static Result<Sandbox> start(const SandboxSpec& spec);

    // Nothing while it runs; then the program's, or vtpmlab-host's own.
    [[nodiscard]] std::optional<ExitStatus> exit_status();
    [[nodiscard]] std::optional<ExitStatus> wait(const Deadline& deadline);
    // What runs in it now besides its init and its program, daemons included. What has ended and is
    // not reaped yet is not there.
    [[nodiscard]] std::vector<RunningProcess> others() const;
    // Pulls the plug: everything in it is dead when this returns.
    Status power_off() { return process_.stop(); }
    // Begins the same and does not wait. From any thread, beside any other call but the destructor.
    void pull_plug() const { process_.terminate(); }
    // To the namespace's init: "restart" ends the program (SIGTERM) and runs it again; "kill
    // PATTERN" kills the process whose id stands in the one file of that name, as seen from inside;
    // "fill DIRECTORY" puts a file system without a free block there, "unfill DIRECTORY" takes it
    // away. Done when this returns. One at a time.
    [[nodiscard]] Status order(const std::string& what);

private:
    Sandbox(Process process, UniqueFd lifeline, const SandboxSpec& spec);

    UniqueFd lifeline_; // closed by the kernel when this program dies
    Process process_;
    Confinement confinement_;
    std::vector<std::string> command_; // of the program
};

// Can this user make the namespaces of a sandbox here? The error says why not, and what to do.
[[nodiscard]] Status try_namespaces();

// Runs the sandbox to its end, as run_to_end() does a process; `log` is not used.
[[nodiscard]] Result<Completed> run_sandbox_to_end(const SandboxSpec& spec,
                                                   std::chrono::milliseconds deadline);

// Where vtpmlab-host is: $VTPMLAB_HOST_PROGRAM, ../libexec/vtpmlab beside the running program's
// directory, or the build tree.
[[nodiscard]] Result<std::filesystem::path> host_program();

} // namespace vtpmlab
