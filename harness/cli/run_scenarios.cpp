// `vtpmlab run`.

#include "cli/commands.h"
#include "cli/guest_directory.h"
#include "cli/scenario_files.h"
#include "cli/signals.h"
#include "core/error_text.h"
#include "core/files.h"
#include "machine/facts.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/terminal_sink.h"
#include "runner/runner.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

std::string utc(const char* format) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

// Sorts by time, and two runs of one second differ.
std::string new_run_id() { return utc("%Y%m%d-%H%M%S-") + random_uuid().substr(0, 4); }

Result<runner::Plan> plan_of(const RunCommand& command,
                             std::vector<std::shared_ptr<const scenario::ScenarioFile>> files) {
    runner::Selection selection;
    selection.depth = command.depth;
    selection.cases = command.cases;
    if (!command.label.empty()) {
        VTPMLAB_TRY(auto labels, scenario::LabelExpression::parse(command.label));
        selection.labels = std::move(labels);
    }
    return runner::make_plan(std::move(files), selection);
}

// Said once and before anything starts, not by every case.
Status check_machine(const runner::Plan& plan, const fs::path& directory) {
    const bool boots = std::any_of(plan.cases.begin(), plan.cases.end(), [](const auto& planned) {
        return planned.skip_reason.empty() && planned.depth == Depth::guest;
    });
    if (!boots)
        return {};
    if (!holds_guest(directory))
        return fail(ErrorKind::lab, "there is no micro guest", directory.string(),
                    "build it with `cmake --build build/dev --target guest`, name its directory "
                    "with --guest-dir, or run at `--depth model`");
    return machine::check_tools();
}

// `out/latest` leads to the newest of the default directories; a convenience, so its failure is
// none.
void point_latest_to(const fs::path& directory) {
    std::error_code code;
    const fs::path link = directory.parent_path() / "latest";
    if (fs::is_symlink(link, code) || !fs::exists(link, code)) {
        fs::remove(link, code);
        fs::create_directory_symlink(directory.filename(), link, code);
    }
}

Status write_reports(const RunCommand& command, const report::RunSummary& summary,
                     const fs::path& out, const report::EventLog& events) {
    VTPMLAB_CHECK(write_file(out / "results.json", report::results_json(summary)));
    if (!command.junit.empty())
        VTPMLAB_CHECK(write_file(command.junit, report::junit_xml(summary)));
    return events.status();
}

Result<ExitCode> run(const RunCommand& command, const LabMaker& make_labs) {
    VTPMLAB_TRY(const auto paths, find_scenarios(command.paths));
    auto loaded = load_scenarios(paths);
    if (!loaded.errors.empty()) {
        for (const auto& error : loaded.errors)
            fmt::print(stderr, "{}\n", error_text(error));
        return fail(ErrorKind::scenario,
                    fmt::format("{} of {} scenario files {} wrong, so nothing was run",
                                loaded.wrong_files, paths.size(),
                                loaded.wrong_files == 1 ? "is" : "are"),
                    {}, "mend what stands above, or leave those files out");
    }
    for (const auto& file : loaded.files)
        for (const auto& warning : file->warnings)
            fmt::print(stderr, "warning: {}\n", warning);
    VTPMLAB_TRY(const auto plan, plan_of(command, std::move(loaded.files)));

    const fs::path guest_directory = this_guest_directory(command.guest_directory);
    VTPMLAB_CHECK(check_machine(plan, guest_directory));

    runner::RunOptions options;
    options.jobs = command.jobs;
    options.run_id = new_run_id();
    options.started = utc("%Y-%m-%dT%H:%M:%SZ");
    options.guest_directory = guest_directory;
    const fs::path directory =
        command.out.empty() ? fs::path("out") / options.run_id : fs::path(command.out);
    VTPMLAB_TRY(auto out, runner::OutDirectory::claim(directory));
    if (command.out.empty())
        point_latest_to(directory);
    VTPMLAB_TRY(const auto events, report::EventLog::create(directory / "events.jsonl"));

    // From here on a Ctrl-C ends in a report; the labs go before the handlers do.
    runner::Interruption interruption;
    VTPMLAB_TRY(const auto signals, SignalWatch::start(interruption));
    LabOptions lab_options;
    lab_options.depth = command.depth;
    lab_options.guest_directory = guest_directory;
    lab_options.keep = command.keep;
    lab_options.jobs = command.jobs;
    VTPMLAB_TRY(auto labs, make_labs(lab_options));

    report::FdTerminal terminal(STDOUT_FILENO);
    report::TerminalSink screen(terminal);
    report::FanOut sinks({&screen, events.get()});
    const auto summary = runner::run(plan, *labs, options, out, interruption, sinks);
    labs.reset();
    if (const Status written = write_reports(command, summary, directory, *events); !written) {
        // What was found counts more than that one of its copies is missing.
        tell(written.error());
        if (summary.exit_code() == ExitCode::all_passed)
            return ExitCode::lab_broken;
    }
    return summary.exit_code();
}

} // namespace

ExitCode run_scenarios(const RunCommand& command, const LabMaker& make_labs) {
    const auto code = run(command, make_labs);
    return code ? *code : tell(code.error());
}

} // namespace vtpmlab::cli
