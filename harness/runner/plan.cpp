#include "runner/plan.h"

#include "core/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace vtpmlab::runner {
namespace {

std::string depth_words(const std::vector<Depth>& depths) {
    std::vector<std::string_view> words;
    for (auto depth : depths)
        words.push_back(to_string(depth));
    return fmt::format("{}", fmt::join(words, " and "));
}

// Two files of one name in different folders give cases of one name; then the folder is said too.
void tell_apart(std::vector<PlannedCase>& cases) {
    std::map<std::string, std::size_t> count;
    for (const auto& planned : cases)
        ++count[planned.name];
    for (auto& planned : cases)
        if (count[planned.name] > 1) {
            const auto folder = planned.file->path.parent_path().filename().string();
            if (!folder.empty())
                planned.name = folder + "/" + planned.name;
        }
}

Error no_such_case(const std::string& wanted, const std::vector<PlannedCase>& cases) {
    std::vector<std::string> names;
    for (const auto& planned : cases)
        names.push_back(planned.name);
    Error error;
    error.kind = ErrorKind::usage;
    error.message = fmt::format("no case is named '{}'", wanted);
    if (const auto near = did_you_mean(wanted, names))
        error.hint = fmt::format("did you mean '{}'?", *near);
    else
        error.hint = "see `vtpmlab list` for the names";
    return error;
}

} // namespace

Result<Plan> make_plan(std::vector<std::shared_ptr<const scenario::ScenarioFile>> files,
                       const Selection& selection) {
    std::vector<PlannedCase> all;
    for (const auto& file : files)
        for (const auto& one : file->cases) {
            PlannedCase planned{file, &one, selection.depth, one.name, {}};
            if (std::find(file->depths.begin(), file->depths.end(), selection.depth) ==
                file->depths.end())
                planned.skip_reason =
                    fmt::format("the scenario runs at depth {} only", depth_words(file->depths));
            all.push_back(std::move(planned));
        }
    tell_apart(all);

    for (const auto& wanted : selection.cases) {
        const bool found = std::any_of(all.begin(), all.end(), [&](const PlannedCase& planned) {
            return planned.name == wanted || planned.scenario->name == wanted;
        });
        if (!found)
            return fail(no_such_case(wanted, all));
    }

    Plan plan;
    for (auto& planned : all) {
        if (selection.labels && !selection.labels->matches(planned.scenario->labels))
            continue;
        const auto is_wanted = [&](const std::string& wanted) {
            return planned.name == wanted || planned.scenario->name == wanted;
        };
        if (!selection.cases.empty() &&
            std::none_of(selection.cases.begin(), selection.cases.end(), is_wanted))
            continue;
        plan.cases.push_back(std::move(planned));
    }
    if (plan.cases.empty())
        return fail(ErrorKind::usage, "no case is chosen", {},
                    "see `vtpmlab list` for the cases and their labels");
    const void* last = nullptr;
    for (const auto& planned : plan.cases)
        if (planned.file.get() != last) {
            ++plan.files;
            last = planned.file.get();
        }
    return plan;
}

std::string shell_word(const std::string& text) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./=+,:@%").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain))
        return text;
    std::string word = "'";
    for (char c : text)
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

std::string reproduce_command(const PlannedCase& planned) {
    std::string command = "vtpmlab run " + shell_word(planned.file->path.string());
    if (planned.file->cases.size() > 1)
        command += " --case " + shell_word(planned.scenario->name);
    if (planned.depth != Depth::guest)
        command += fmt::format(" --depth {}", to_string(planned.depth));
    return command;
}

} // namespace vtpmlab::runner
