#pragma once
// The command line as values. Everything that can be wrong with it is found here, before anything
// is started: an error of kind usage that names the argument and what it may be.

#include "cli/labs.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

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

enum class ListFormat { text, json };

struct ListCommand {
    std::vector<std::string> paths;
    std::string label;
    ListFormat format = ListFormat::text;
};

struct CheckCommand {
    std::vector<std::string> paths;
};

struct DoctorCommand {
    std::string guest_directory;
};

struct VersionCommand {};

// Asked for with --help; goes to standard output.
struct HelpCommand {
    std::string text;
};

using Command =
    std::variant<RunCommand, ListCommand, CheckCommand, DoctorCommand, VersionCommand, HelpCommand>;

// Without the program's own name. `cores` is what --jobs is when nobody says otherwise.
[[nodiscard]] Result<Command> parse_arguments(std::vector<std::string> arguments, unsigned cores);

} // namespace vtpmlab::cli
