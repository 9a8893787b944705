#include "cli/arguments.h"

#include "cli/argument_values.h"
#include "cli/command_options.h"
#include "core/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace vtpmlab::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

std::string see_help(const CLI::App* command) {
    return fmt::format("see `vtpmlab {}--help`",
                       command != nullptr ? command->get_name() + " " : "");
}

// What CLI11 could not use, as an error with the nearest word that it could have.
Error unknown_argument(const CLI::App& app, const CLI::App* command, const std::string& argument) {
    Error error;
    error.kind = ErrorKind::usage;
    std::vector<std::string> candidates;
    const bool is_option = argument.rfind('-', 0) == 0;
    if (is_option) {
        candidates = option_names(command != nullptr ? *command : app);
    } else {
        for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
            candidates.push_back(sub->get_name());
    }
    const std::string word = argument.substr(0, argument.find('='));
    error.message =
        fmt::format("unknown {} '{}'", is_option ? "option" : "command", printable(word, 80));
    if (const auto near = did_you_mean(word, candidates))
        error.hint = fmt::format("did you mean '{}'?", *near);
    else
        error.hint = see_help(command);
    return error;
}

std::string own_words(const CLI::ParseError& error) {
    std::string text = error.what();
    if (!text.empty() && !(text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1]))))
        text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    while (!text.empty() && (text.back() == '.' || text.back() == '\n'))
        text.pop_back();
    return printable(text, 300);
}

// What has been recognised so far.
const CLI::App* chosen_command(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? nullptr : chosen.back();
}

} // namespace

Result<Command> parse_arguments(std::vector<std::string> arguments, unsigned cores) {
    CLI::App app("vtpmlab asks for virtual TPMs in a simulated cloud, and asks the guests whether "
                 "they got them.",
                 "vtpmlab");
    app.require_subcommand(0, 1);
    app.set_help_flag("-h,--help", "this text");
    app.footer(
        "exit status: 0 passed, 1 usage, 2 bad scenario, 3 lab broken, 4 product failed,\n"
        "77 everything skipped, 130 interrupted; `vtpmlab COMMAND --help` has each command's");

    const OfferedCommand commands[] = {
        offer_run(app, cores), offer_compare(app, cores), offer_list(app),
        offer_check(app),      offer_doctor(app),         offer_up(app),
        offer_status(app),     offer_probe(app),          offer_down(app),
        offer_journal(app),    offer_version(app),
    };
    try {
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        app.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        const auto* chosen = chosen_command(app);
        return HelpCommand{chosen != nullptr ? chosen->help("vtpmlab") : app.help()};
    } catch (const CLI::ExtrasError&) {
        const auto extras = app.remaining(true);
        return fail(
            unknown_argument(app, chosen_command(app), extras.empty() ? "?" : extras.front()));
    } catch (const CLI::ParseError& error) {
        return usage_error(own_words(error), see_help(chosen_command(app)));
    }
    const auto* chosen = chosen_command(app);
    for (const OfferedCommand& command : commands)
        if (command.parser == chosen)
            return command.finish();
    return usage_error("no command is given", see_help(nullptr));
}

} // namespace vtpmlab::cli
