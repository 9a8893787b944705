#include "cli/arguments.h"

#include "core/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace vtpmlab::cli {
namespace {

constexpr unsigned most_jobs = 256;

// Everything CLI11 fills, still as text: the words of its own conversions are not ours.
struct Texts {
    std::vector<std::string> paths;
    std::string depth = "guest";
    std::string label;
    std::vector<std::string> cases;
    std::string jobs;
    bool keep = false;
    std::string out;
    std::string junit;
    std::string guest_directory;
    std::string format = "text";
};

tl::unexpected<Error> usage(std::string message, std::string hint = {}) {
    return fail(ErrorKind::usage, std::move(message), {}, std::move(hint));
}

Result<std::string> one_of(const std::string& option, const std::string& value,
                           const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), value) != words.end())
        return value;
    const auto near = did_you_mean(value, words);
    return usage(fmt::format("{} must be {} or {}, not '{}'", option, words.front(), words.back(),
                             printable(value, 80)),
                 near ? fmt::format("did you mean '{}'?", *near) : std::string{});
}

Result<unsigned> jobs_of(const std::string& text, unsigned cores) {
    if (text.empty())
        return cores;
    unsigned jobs = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), jobs);
    if (error != std::errc{} || end != text.data() + text.size() || jobs < 1 || jobs > most_jobs)
        return usage(fmt::format("--jobs must be a number from 1 to {}, not '{}'", most_jobs,
                                 printable(text, 80)),
                     fmt::format("leave it out to run {} at a time, one for each core", cores));
    return jobs;
}

void add_paths(CLI::App& command, Texts& texts) {
    command.add_option("PATH", texts.paths, "scenario files, or folders with scenarios in them");
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
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
        error.hint = fmt::format("see `vtpmlab {}--help`",
                                 command != nullptr ? command->get_name() + " " : "");
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

Result<RunCommand> run_command(const Texts& texts, unsigned cores) {
    RunCommand command;
    command.paths = texts.paths;
    VTPMLAB_TRY(const auto depth, one_of("--depth", texts.depth, {"guest", "model"}));
    command.depth = *parse_depth(depth);
    command.label = texts.label;
    command.cases = texts.cases;
    VTPMLAB_TRY(command.jobs, jobs_of(texts.jobs, cores));
    command.keep = texts.keep ? KeepFiles::yes : KeepFiles::no;
    command.out = texts.out;
    command.junit = texts.junit;
    command.guest_directory = texts.guest_directory;
    return command;
}

} // namespace

Result<Command> parse_arguments(std::vector<std::string> arguments, unsigned cores) {
    Texts texts;
    CLI::App app("vtpmlab asks for virtual TPMs in a simulated cloud, and asks the guests whether "
                 "they got them.",
                 "vtpmlab");
    app.require_subcommand(0, 1);
    app.set_help_flag("-h,--help", "this text");
    app.footer("exit status: 0 passed, 1 usage, 2 bad scenario, 3 lab broken, 4 product failed,\n"
               "77 everything skipped, 130 interrupted");

    auto* run = app.add_subcommand("run", "run scenarios and report what was found");
    add_paths(*run, texts);
    run->add_option("--depth", texts.depth,
                    "guest (default): boot guests and ask them; model: in "
                    "memory, no evidence");
    run->add_option("--label", texts.label, "only cases with these labels: 'smoke and not slow'");
    run->add_option("--case", texts.cases, "only the case of this name; may be given several times")
        ->allow_extra_args(false);
    run->add_option("-j,--jobs", texts.jobs,
                    fmt::format("cases at a time (default {}, one for each core)", cores));
    run->add_flag("--keep", texts.keep, "keep the hosts' own directories after the run");
    run->add_option("--out", texts.out, "where artefacts go (default out/<date>-<time>-<random>)");
    run->add_option("--junit", texts.junit, "also write JUnit XML to this file");
    run->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");

    auto* list = app.add_subcommand("list", "show the cases of scenarios, with their labels");
    add_paths(*list, texts);
    list->add_option("--label", texts.label, "only cases with these labels");
    list->add_option("--format", texts.format, "text (default) or json");

    auto* check = app.add_subcommand("check", "load scenarios and tell everything that is wrong");
    add_paths(*check, texts);

    auto* doctor =
        app.add_subcommand("doctor", "tell what this machine can do, and what is missing");
    doctor->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");

    auto* version = app.add_subcommand("version", "print the version");

    const CLI::App* chosen = nullptr;
    const auto find_chosen = [&] {
        for (const auto* sub : app.get_subcommands())
            chosen = sub;
    };
    try {
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        app.parse(std::move(arguments));
        find_chosen();
    } catch (const CLI::CallForHelp&) {
        find_chosen();
        return HelpCommand{chosen != nullptr ? chosen->help("vtpmlab") : app.help()};
    } catch (const CLI::ExtrasError&) {
        find_chosen();
        const auto extras = app.remaining(true);
        return fail(unknown_argument(app, chosen, extras.empty() ? "?" : extras.front()));
    } catch (const CLI::ParseError& error) {
        find_chosen();
        return usage(own_words(error),
                     fmt::format("see `vtpmlab {}--help`",
                                 chosen != nullptr ? chosen->get_name() + " " : ""));
    }
    if (chosen == nullptr)
        return usage("no command is given", "see `vtpmlab --help`");
    const bool needs_paths = chosen == run || chosen == list || chosen == check;
    if (needs_paths && texts.paths.empty())
        return usage("no scenario is named",
                     fmt::format("for example: vtpmlab {} scenarios/smoke", chosen->get_name()));

    if (chosen == run) {
        VTPMLAB_TRY(auto command, run_command(texts, cores));
        return Command{std::move(command)};
    }
    if (chosen == list) {
        VTPMLAB_TRY(const auto format, one_of("--format", texts.format, {"text", "json"}));
        return Command{ListCommand{texts.paths, texts.label,
                                   format == "json" ? ListFormat::json : ListFormat::text}};
    }
    if (chosen == check)
        return Command{CheckCommand{texts.paths}};
    if (chosen == doctor)
        return Command{DoctorCommand{texts.guest_directory}};
    (void)version;
    return Command{VersionCommand{}};
}

} // namespace vtpmlab::cli
