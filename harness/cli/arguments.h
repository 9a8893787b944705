#pragma once
// The command line as values. Everything that can be wrong with it is found here, before anything
// is started: an error of kind usage that names the argument and what it may be.

#include "cli/labs.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace vtpmlab::cli {

struct RunCommand {
    std::vector<std::string> paths;
    Depth depth = Depth::guest;
    std::string label; // expression; empty = all
    std::vector<std::string> cases;
    unsigned jobs = 1;
    KeepFiles keep = KeepFiles::no;
    std::string out;   // empty = out/<run id>
    std::string junit; // empty = none
    std::string guest_directory;
};

// `run` at both depths, below its directory of artefacts; or, with two results, of runs that were.
struct CompareCommand {
    RunCommand run;
    std::vector<std::string> results; // of the model, then of guests; or none
};

enum class ListFormat { text, json };

struct ListCommand {
    std::vector<std::string> paths;
    std::string label;
    ListFormat format = ListFormat::text;
    bool rows = false;                // the reference's rows instead of the cases
    std::vector<std::string> results; // results.json of runs, for the rows
};

struct CheckCommand {
    std::vector<std::string> paths;
};

struct DoctorCommand {
    std::string guest_directory;
};

// A cloud that stands until somebody takes it down, or until `command` ends.
struct UpCommand {
    unsigned hosts = 1;
    std::string release; // empty = the newest
    Depth depth = Depth::guest;
    std::string state;           // directory; empty = nothing outlives the cloud
    std::uint16_t port_base = 0; // 0 = the kernel chooses
    std::string listen = "127.0.0.1";
    bool beyond_loopback = false;           // `listen` is an address that others may reach
    std::string barbican_policy = "legacy"; // or "new"
    bool barbican_policy_nova_secret_access = false;
    bool barbican_policy_admin_secret_access = false;
    std::string barbican_policy_file; // path; empty = none
    unsigned token_expiration_s = 3600;
    std::uint64_t image_size_cap = std::uint64_t{1} << 40; // bytes
    std::uint64_t user_storage_quota = 0;
    unsigned reclaim_instance_interval_s = 0;
    unsigned resize_confirm_window_s = 0;
    std::string guest_directory;
    std::vector<std::string> command; // empty = stand and show
    bool verbose = false;             // shows also what services ask of each other's tokens
};

// `cloud` is a run directory or a process; empty = the only one there is.
struct StatusCommand {
    std::string cloud;
};

struct ProbeCommand {
    std::string cloud;
    std::string server; // name or id
};

struct DownCommand {
    std::string cloud;
    bool all = false;
};

enum class JournalFormat { text, json };

struct JournalCommand {
    std::string cloud;
    std::string service; // empty = all
    JournalFormat format = JournalFormat::text;
    bool follow = false;
};

struct VersionCommand {};

// Asked for with --help; goes to standard output.
struct HelpCommand {
    std::string text;
};

using Command = std::variant<RunCommand, CompareCommand, ListCommand, CheckCommand, DoctorCommand,
                             UpCommand, StatusCommand, ProbeCommand, DownCommand, JournalCommand,
                             VersionCommand, HelpCommand>;

// Without the program's own name. `cores` is what --jobs is when nobody says otherwise;
// at depth model it is twice that.
[[nodiscard]] Result<Command> parse_arguments(std::vector<std::string> arguments, unsigned cores);

} // namespace vtpmlab::cli
