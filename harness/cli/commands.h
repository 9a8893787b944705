#pragma once
// What the program does, one function a command. Standard output is the answer, standard error is
// what went wrong; the value is what the shell gets.

#include "cli/arguments.h"
#include "cli/labs.h"

#include <vtpmlab/exit_code.h>

namespace vtpmlab::cli {

[[nodiscard]] ExitCode run_scenarios(const RunCommand& command, const LabMaker& make_labs);
[[nodiscard]] ExitCode list_cases(const ListCommand& command);
[[nodiscard]] ExitCode check_scenarios(const CheckCommand& command);
[[nodiscard]] ExitCode show_facts(const DoctorCommand& command);

// Prints the error; the code of its kind.
ExitCode tell(const Error& error);

// The whole program: parses, dispatches, and turns whatever is thrown into an error.
[[nodiscard]] int program(int argc, const char* const* argv, const LabMaker& make_labs);

} // namespace vtpmlab::cli
