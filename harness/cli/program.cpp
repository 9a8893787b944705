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

ExitCode dispatch(const Command& command, const LabMaker& make_labs) {
    return std::visit(Overloaded{
                          [&](const RunCommand& run) { return run_scenarios(run, make_labs); },
                          [](const ListCommand& list) { return list_cases(list); },
                          [](const CheckCommand& check) { return check_scenarios(check); },
                          [](const DoctorCommand& doctor) { return show_facts(doctor); },
                          [](const VersionCommand&) {
                              fmt::print("vtpmlab {}\n", VTPMLAB_VERSION);
                              return ExitCode::all_passed;
                          },
                          [](const HelpCommand& help) {
                              fmt::print("{}", help.text);
                              return ExitCode::all_passed;
                          },
                      },
                      command);
}

} // namespace

ExitCode tell(const Error& error) {
    fmt::print(stderr, "{}", error_text(error));
    return exit_code_for(error.kind);
}

int program(int argc, const char* const* argv, const LabMaker& make_labs) {
    Error error;
    try {
        const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        const auto command = parse_arguments(arguments, cores);
        return static_cast<int>(command ? dispatch(*command, make_labs) : tell(command.error()));
    } catch (const std::exception& exception) {
        error.message = fmt::format("unexpected exception: {}", printable(exception.what()));
    }
    error.hint = "this is a fault of vtpmlab: please report it with the command line";
    return static_cast<int>(tell(error));
}

} // namespace vtpmlab::cli
