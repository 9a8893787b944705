#include "cli/command_options.h"

#include "cli/argument_values.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace vtpmlab::cli {
namespace {

constexpr unsigned most_jobs = 256;

void add_paths(CLI::App& command, std::vector<std::string>& paths) {
    command.add_option("PATH", paths, "scenario files, or folders with scenarios in them");
}

Status check_paths(const CLI::App& command, const std::vector<std::string>& paths) {
    if (!paths.empty())
        return {};
    return usage_error("no scenario is named",
                       fmt::format("for example: vtpmlab {} scenarios/smoke", command.get_name()));
}

void add_cloud(CLI::App& command, std::string& cloud) {
    command.add_option("--cloud", cloud,
                       "its run directory or process id, where several clouds are up");
}

Result<unsigned> jobs_of(const std::string& text, unsigned cores) {
    return number_of("--jobs", text, {1, most_jobs}, cores,
                     fmt::format("leave it out to run {} at a time, one for each core", cores));
}

} // namespace

void add_guest_directory(CLI::App& command, std::string& directory) {
    command.add_option("--guest-dir", directory, "where the micro guest is");
}

OfferedCommand offer_run(CLI::App& app, unsigned cores) {
    struct Given {
        RunCommand command;
        std::string depth = "guest";
        std::string jobs;
        bool keep = false;
    };
    auto* run = app.add_subcommand("run", "run scenarios and report what was found");
    run->footer("exit status: 0 passed, 1 usage, 2 bad scenario, 3 lab broken, 4 product failed,\n"
                "77 everything skipped, 130 interrupted");
    const auto given = std::make_shared<Given>();
    RunCommand& command = given->command;
    add_paths(*run, command.paths);
    run->add_option("--depth", given->depth,
                    "guest (default): boot guests and ask them; model: in "
                    "memory, no evidence");
    run->add_option("--label", command.label, "only cases with these labels: 'smoke and not slow'");
    run->add_option("--case", command.cases,
                    "only the case of this name; may be given several times")
        ->allow_extra_args(false);
    run->add_option("-j,--jobs", given->jobs,
                    fmt::format("cases at a time (default {}, one for each core; twice as many at "
                                "depth model)",
                                cores));
    run->add_flag("--keep", given->keep, "keep the hosts' own directories after the run");
    run->add_option("--out", command.out,
                    "where artefacts go (default out/<date>-<time>-<random>)");
    run->add_option("--junit", command.junit, "also write JUnit XML to this file");
    add_guest_directory(*run, command.guest_directory);
    return {run, [run, given, cores]() -> Result<Command> {
                RunCommand& made = given->command;
                VTPMLAB_CHECK(check_paths(*run, made.paths));
                VTPMLAB_TRY(made.depth, depth_of(given->depth));
                VTPMLAB_TRY(made.jobs, jobs_of(given->jobs, cores));
                // In memory a case waits as often as it computes, and costs little room.
                if (given->jobs.empty() && made.depth == Depth::model)
                    made.jobs = std::min(2 * cores, most_jobs);
                made.keep = given->keep ? KeepFiles::yes : KeepFiles::no;
                return Command{std::move(made)};
            }};
}

OfferedCommand offer_compare(CLI::App& app, unsigned cores) {
    struct Given {
        CompareCommand command;
        std::string jobs;
    };
    auto* compare =
        app.add_subcommand("compare", "run scenarios at both depths and show every difference");
    compare->footer("exit status: 0 no difference, 1 a difference, or usage, 2 bad scenario,\n"
                    "3 lab broken, or no such results, 4 a case did not pass,\n"
                    "77 nothing could be compared, 130 interrupted");
    const auto given = std::make_shared<Given>();
    CompareCommand& command = given->command;
    add_paths(*compare, command.run.paths);
    compare->add_option("--label", command.run.label, "only cases with these labels");
    compare->add_option("--out", command.run.out,
                        "where artefacts go (default out/compare), a folder for each depth");
    add_guest_directory(*compare, command.run.guest_directory);
    compare->add_option("-j,--jobs", given->jobs, "cases at a time");
    compare
        ->add_option("--results", command.results,
                     "instead of running: results.json of a model run, and again of a guest run")
        ->allow_extra_args(false);
    return {compare, [compare, given, cores]() -> Result<Command> {
                CompareCommand& made = given->command;
                if (made.results.empty())
                    VTPMLAB_CHECK(check_paths(*compare, made.run.paths));
                else if (made.results.size() != 2 || !made.run.paths.empty())
                    return usage_error("two results are compared, or scenarios are run",
                                       "vtpmlab compare --results MODEL.json --results GUEST.json");
                VTPMLAB_TRY(made.run.jobs, jobs_of(given->jobs, cores));
                if (made.run.out.empty())
                    made.run.out = "out/compare";
                return Command{std::move(made)};
            }};
}

OfferedCommand offer_list(CLI::App& app) {
    struct Given {
        ListCommand command;
        std::string format = "text";
    };
    auto* list = app.add_subcommand("list", "show the cases of scenarios, with their labels");
    list->footer("exit status: 0 shown, 1 usage, 2 bad scenario, 3 no such results");
    const auto given = std::make_shared<Given>();
    ListCommand& command = given->command;
    add_paths(*list, command.paths);
    list->add_option("--label", command.label, "only cases with these labels");
    list->add_option("--format", given->format, "text (default) or json");
    list->add_flag("--rows", command.rows,
                   "the rows of the reference's tables instead, and which have a scenario");
    list->add_option("--results", command.results,
                     "with --rows: a run's results.json; may be given several times")
        ->allow_extra_args(false);
    return {list, [list, given]() -> Result<Command> {
                ListCommand& made = given->command;
                VTPMLAB_CHECK(check_paths(*list, made.paths));
                VTPMLAB_TRY(const auto format, one_of("--format", given->format, {"text", "json"}));
                if (!made.results.empty() && !made.rows)
                    return usage_error("--results says what passed of the rows", "add --rows");
                made.format = format == "json" ? ListFormat::json : ListFormat::text;
                return Command{std::move(made)};
            }};
}

OfferedCommand offer_check(CLI::App& app) {
    auto* check = app.add_subcommand("check", "load scenarios and tell everything that is wrong");
    check->footer("exit status: 0 all right, 1 usage, 2 bad scenario");
    const auto command = std::make_shared<CheckCommand>();
    add_paths(*check, command->paths);
    return {check, [check, command]() -> Result<Command> {
                VTPMLAB_CHECK(check_paths(*check, command->paths));
                return Command{*command};
            }};
}

OfferedCommand offer_doctor(CLI::App& app) {
    auto* doctor =
        app.add_subcommand("doctor", "tell what this machine can do, and what is missing");
    doctor->footer("exit status: 0 guests can run here, 1 usage, 3 something is missing");
    const auto command = std::make_shared<DoctorCommand>();
    add_guest_directory(*doctor, command->guest_directory);
    return {doctor, [command] { return Command{*command}; }};
}

OfferedCommand offer_status(CLI::App& app) {
    auto* status = app.add_subcommand("status", "show the clouds that are up, and their servers");
    // As `systemctl status` says that a service does not run.
    status->footer("exit status: 0 shown, 1 usage, 3 no cloud is up");
    const auto command = std::make_shared<StatusCommand>();
    add_cloud(*status, command->cloud);
    return {status, [command] { return Command{*command}; }};
}

OfferedCommand offer_probe(CLI::App& app) {
    auto* probe =
        app.add_subcommand("probe", "ask the guest of a server of a cloud that is up for its TPM");
    probe->footer(
        "exit status: 0 the TPM is right, 1 usage, 3 no cloud is up, or its lab is broken,\n"
        "4 the guest or its TPM is not right, 77 the cloud is a model: there is no guest");
    const auto command = std::make_shared<ProbeCommand>();
    probe->add_option("SERVER", command->server, "its name or id")->required();
    add_cloud(*probe, command->cloud);
    return {probe, [command] { return Command{*command}; }};
}

OfferedCommand offer_down(CLI::App& app) {
    auto* down = app.add_subcommand("down", "take a cloud down, and wait until it is gone");
    down->footer("exit status: 0 gone, or none was up, 1 usage, 3 it cannot be taken down");
    const auto command = std::make_shared<DownCommand>();
    add_cloud(*down, command->cloud);
    down->add_flag("--all", command->all, "every cloud of this user");
    return {down, [command] { return Command{*command}; }};
}

OfferedCommand offer_journal(CLI::App& app) {
    struct Given {
        JournalCommand command;
        bool json = false;
    };
    auto* journal =
        app.add_subcommand("journal", "show every request the services of a cloud answered");
    journal->footer("exit status: 0 shown, 1 usage, 3 no cloud is up, 130 interrupted");
    const auto given = std::make_shared<Given>();
    JournalCommand& command = given->command;
    add_cloud(*journal, command.cloud);
    journal->add_flag("-f,--follow", command.follow, "go on showing until the cloud is down");
    journal->add_option("--service", command.service, "only of this service: placement");
    journal->add_flag("--json", given->json, "whole entries, one JSON object a line");
    return {journal, [given] {
                given->command.format = given->json ? JournalFormat::json : JournalFormat::text;
                return Command{std::move(given->command)};
            }};
}

OfferedCommand offer_version(CLI::App& app) {
    auto* version = app.add_subcommand("version", "print the version");
    version->footer("exit status: 0 printed, 1 usage");
    return {version, [] { return Command{VersionCommand{}}; }};
}

} // namespace vtpmlab::cli
