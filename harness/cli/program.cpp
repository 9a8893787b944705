#include "cli/commands.h"
#include "core/error_text.h"
#include "core/text.h"

#include <fmt/format.h>

#include <exception>
#include <thread>

namespace vtpmlab::cli {
namespace {

template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

int dispatch(const Command& command, const CloudParts& parts) {
    const auto code = [](ExitCode value) { return static_cast<int>(value); };
    return std::visit(
        Overloaded{
            [&](const RunCommand& run) { return code(run_scenarios(run, parts.make_labs)); },
            [&](const CompareCommand& compare) { return compare_depths(compare, parts.make_labs); },
            [&](const ListCommand& list) { return code(list_cases(list)); },
            [&](const CheckCommand& check) { return code(check_scenarios(check)); },
            [&](const DoctorCommand& doctor) { return code(show_facts(doctor)); },
            [&](const UpCommand& up) { return parts.up(up); },
            [&](const StatusCommand& status) { return code(show_status(status)); },
            [&](const ProbeCommand& probe) { return code(probe_server(probe)); },
            [&](const DownCommand& down) { return code(take_down(down)); },
            [&](const JournalCommand& journal) { return code(show_journal(journal)); },
            [&](const VersionCommand&) {
                fmt::print("vtpmlab {}\n", VTPMLAB_VERSION);
                return code(ExitCode::all_passed);
            },
            [&](const HelpCommand& help) {
                fmt::print("{}", help.text);
                return code(ExitCode::all_passed);
            },
        },
        command);
}

} // namespace

ExitCode tell(const Error& error) {
    fmt::print(stderr, "{}", error_text(error));
    return exit_code_for(error.kind);
}

int program(int argc, const char* const* argv, const CloudParts& parts) {
    Error error;
    try {
        const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        const auto command = parse_arguments(arguments, cores);
        return command ? dispatch(*command, parts) : static_cast<int>(tell(command.error()));
    } catch (const std::exception& exception) {
        error.message = fmt::format("unexpected exception: {}", printable(exception.what()));
    }
    error.hint = "this is a fault of vtpmlab: please report it with the command line";
    return static_cast<int>(tell(error));
}

} // namespace vtpmlab::cli
