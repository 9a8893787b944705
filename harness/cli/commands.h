#pragma once
// What the program does, one function a command. Standard output is the answer, standard error is
// what went wrong; the value is what the shell gets.

#include "cli/arguments.h"
#include "cli/labs.h"

#include <vtpmlab/exit_code.h>

#include <functional>

namespace vtpmlab::cli {

[[nodiscard]] ExitCode run_scenarios(const RunCommand& command, const LabMaker& make_labs);
// What comparison_code() says, or the ExitCode of a run that could not be made.
[[nodiscard]] int compare_depths(const CompareCommand& command, const LabMaker& make_labs);
[[nodiscard]] ExitCode list_cases(const ListCommand& command);
[[nodiscard]] ExitCode check_scenarios(const CheckCommand& command);
[[nodiscard]] ExitCode show_facts(const DoctorCommand& command);
[[nodiscard]] ExitCode show_status(const StatusCommand& command);
[[nodiscard]] ExitCode probe_server(const ProbeCommand& command);
[[nodiscard]] ExitCode take_down(const DownCommand& command);
[[nodiscard]] ExitCode show_journal(const JournalCommand& command);

// Prints the error; the code of its kind.
ExitCode tell(const Error& error);

// What needs a cloud, and so is not in this library. `up` gives what the shell gets: an ExitCode,
// or what the command that ran in the cloud ended with.
struct CloudParts {
    LabMaker make_labs;
    std::function<int(const UpCommand&)> up;
};

// The whole program: parses, dispatches, and turns whatever is thrown into an error.
[[nodiscard]] int program(int argc, const char* const* argv, const CloudParts& parts);

} // namespace vtpmlab::cli
