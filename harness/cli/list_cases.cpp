// `vtpmlab list` and `vtpmlab check`: scenarios without running them.

#include "cli/commands.h"
#include "cli/list_rows.h"
#include "cli/scenario_files.h"
#include "core/error_text.h"
#include "core/files.h"
#include "scenario/labels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cli {
namespace {

using Files = std::vector<std::shared_ptr<const scenario::ScenarioFile>>;

void print_errors(const LoadedScenarios& loaded) {
    for (const auto& error : loaded.errors)
        fmt::print(stderr, "{}\n", error_text(error));
}

std::vector<std::string_view> depth_words(const scenario::ScenarioFile& file) {
    std::vector<std::string_view> words;
    for (auto depth : file.depths)
        words.push_back(to_string(depth));
    return words;
}

Result<Files> chosen(const ListCommand& command, const LoadedScenarios& loaded) {
    if (command.label.empty())
        return loaded.files;
    VTPMLAB_TRY(const auto labels, scenario::LabelExpression::parse(command.label));
    Files files;
    for (const auto& file : loaded.files) {
        auto fewer = std::make_shared<scenario::ScenarioFile>(*file);
        std::erase_if(fewer->cases, [&](const auto& one) { return !labels.matches(one.labels); });
        if (!fewer->cases.empty())
            files.push_back(std::move(fewer));
    }
    return files;
}

void print_text(const Files& files) {
    for (const auto& file : files) {
        fmt::print("{}  ({})\n  {}\n", file->path.string(), fmt::join(depth_words(*file), ", "),
                   file->title);
        for (const auto& one : file->cases)
            fmt::print("    {}{}{}\n", one.name, one.labels.empty() ? "" : "  ",
                       fmt::join(one.labels, " "));
    }
}

// For machines; ctest reads it (ci/cmake/VtpmlabScenarioTests.cmake).
void print_json(const Files& files) {
    using Json = nlohmann::ordered_json;
    Json all = Json::array();
    for (const auto& file : files) {
        Json cases = Json::array();
        long seconds = 0;
        for (const auto& one : file->cases) {
            seconds += one.timeout.count();
            cases.push_back({{"name", one.name},
                             {"labels", one.labels},
                             {"timeout_seconds", one.timeout.count()}});
        }
        all.push_back({{"file", file->path.string()},
                       {"title", file->title},
                       {"labels", file->labels},
                       {"depths", depth_words(*file)},
                       {"timeout_seconds", seconds},
                       {"cases", std::move(cases)}});
    }
    fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// What is known of the reference's rows, from the files and from the runs that are named.
Result<std::string> describe_rows(const ListCommand& command, const Files& files) {
    std::vector<NamedResults> results;
    for (const auto& name : command.results) {
        VTPMLAB_TRY(auto text, read_file(name));
        results.push_back({name, std::move(text)});
    }
    VTPMLAB_TRY(const auto rows, report_rows(files, results));
    return command.format == ListFormat::json ? rows_json(rows) : rows_text(rows);
}

} // namespace

ExitCode list_cases(const ListCommand& command) {
    const auto paths = find_scenarios(command.paths);
    if (!paths)
        return tell(paths.error());
    const auto loaded = load_scenarios(*paths);
    print_errors(loaded);
    const auto files = chosen(command, loaded);
    if (!files)
        return tell(files.error());
    if (command.rows) {
        const auto rows = describe_rows(command, *files);
        if (!rows)
            return tell(rows.error());
        fmt::print("{}", *rows);
    } else if (command.format == ListFormat::json)
        print_json(*files);
    else
        print_text(*files);
    return loaded.errors.empty() ? ExitCode::all_passed : ExitCode::bad_scenario;
}

ExitCode check_scenarios(const CheckCommand& command) {
    const auto paths = find_scenarios(command.paths);
    if (!paths)
        return tell(paths.error());
    const auto loaded = load_scenarios(*paths);
    print_errors(loaded);
    std::size_t cases = 0;
    for (const auto& file : loaded.files) {
        cases += file->cases.size();
        for (const auto& warning : file->warnings)
            fmt::print(stderr, "warning: {}\n", warning);
    }
    if (loaded.errors.empty()) {
        fmt::print("{} scenario file{} with {} case{}, all right\n", paths->size(),
                   paths->size() == 1 ? "" : "s", cases, cases == 1 ? "" : "s");
        return ExitCode::all_passed;
    }
    fmt::print("{} of {} scenario files {} wrong\n", loaded.wrong_files, paths->size(),
               loaded.wrong_files == 1 ? "is" : "are");
    return ExitCode::bad_scenario;
}

} // namespace vtpmlab::cli
