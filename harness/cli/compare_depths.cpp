#include "cli/compare_depths.h"

#include "cli/commands.h"
#include "core/files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace vtpmlab::cli {
namespace {

using nlohmann::json;
using Cases = std::map<std::string, json>;

Result<Cases> cases_of(const std::string& text, const std::filesystem::path& file,
                       std::string_view depth) {
    const auto wrong = [&](std::string why) {
        return fail(ErrorKind::usage,
                    fmt::format("not the results of a run at depth {}: {}", depth, why),
                    file.string(), "name the results.json of a model run and of a guest run");
    };
    const auto results = json::parse(text, nullptr, false);
    if (results.is_discarded() || !results.is_object() || !results.contains("cases"))
        return wrong("no cases");
    if (results.value("depth", "") != depth)
        return wrong("its depth is " + results.value("depth", std::string("not said")));
    Cases cases;
    for (const auto& one : results["cases"])
        cases[one.value("file", "") + " " + one.value("name", "")] = one;
    return cases;
}

std::string step_title(const json& step) {
    return fmt::format("{} {}", step.value("number", 0), step.value("title", ""));
}

// Every leaf that is not the same on both sides.
void compare_values(const json& model, const json& guest, const std::string& path,
                    const std::function<void(const std::string&, const json&, const json&)>& tell) {
    if (model.is_object() && guest.is_object()) {
        std::set<std::string> keys;
        for (const auto* side : {&model, &guest})
            for (const auto& [key, value] : side->items())
                keys.insert(key);
        for (const auto& key : keys)
            compare_values(model.value(key, json()), guest.value(key, json()), path + "/" + key,
                           tell);
    } else if (model.is_array() && guest.is_array() && model.size() == guest.size()) {
        for (std::size_t i = 0; i < model.size(); ++i)
            compare_values(model[i], guest[i], fmt::format("{}/{}", path, i), tell);
    } else if (model != guest) {
        tell(path.empty() ? "/" : path, model, guest);
    }
}

void compare_case(const std::string& name, const json& model, const json& guest,
                  std::vector<DepthDifference>& differences) {
    const auto outcome = [](const json& of) { return of.value("outcome", std::string("unknown")); };
    if (outcome(model) != outcome(guest))
        differences.push_back({name, "", "result", outcome(model), outcome(guest)});
    const auto steps = [](const json& of) { return of.value("steps", json::array()); };
    const auto model_steps = steps(model), guest_steps = steps(guest);
    for (std::size_t i = 0; i < std::min(model_steps.size(), guest_steps.size()); ++i) {
        const auto& here = model_steps[i];
        const auto& there = guest_steps[i];
        const auto title = step_title(here);
        if (outcome(here) != outcome(there))
            differences.push_back({name, title, "result", outcome(here), outcome(there)});
        compare_values(here.value("seen", json()), there.value("seen", json()), "",
                       [&](const std::string& path, const json& a, const json& b) {
                           differences.push_back({name, title, path, a.dump(), b.dump()});
                       });
    }
}

// The model first: it takes milliseconds, and says at once when a scenario itself is wrong.
Result<int> compare(const CompareCommand& command, const LabMaker& make_labs) {
    std::filesystem::path model_file, guest_file;
    if (command.results.empty()) {
        for (const auto depth : {Depth::model, Depth::guest}) {
            auto run = command.run;
            run.depth = depth;
            run.out =
                (std::filesystem::path(command.run.out) / std::string(to_string(depth))).string();
            const auto code = run_scenarios(run, make_labs);
            if (code != ExitCode::all_passed && code != ExitCode::product_failed &&
                code != ExitCode::all_skipped)
                return static_cast<int>(code);
            (depth == Depth::model ? model_file : guest_file) =
                std::filesystem::path(run.out) / "results.json";
        }
    } else {
        model_file = command.results.front();
        guest_file = command.results.back();
    }
    VTPMLAB_TRY(const auto model, read_file(model_file, std::size_t{256} << 20));
    VTPMLAB_TRY(const auto guest, read_file(guest_file, std::size_t{256} << 20));
    VTPMLAB_TRY(const auto comparison, compare_results(model, model_file, guest, guest_file));
    fmt::print("{}", comparison_text(comparison));
    return comparison_code(comparison);
}

} // namespace

Result<DepthComparison> compare_results(const std::string& model,
                                        const std::filesystem::path& model_file,
                                        const std::string& guest,
                                        const std::filesystem::path& guest_file) {
    VTPMLAB_TRY(const auto of_model, cases_of(model, model_file, "model"));
    VTPMLAB_TRY(const auto of_guest, cases_of(guest, guest_file, "guest"));
    DepthComparison comparison;
    for (const auto* cases : {&of_model, &of_guest})
        for (const auto& [key, one] : *cases)
            if (const auto outcome = one.value("outcome", std::string("unknown"));
                outcome != "passed" && outcome != "skipped")
                comparison.not_passed.push_back(
                    fmt::format("{}: {} at {} depth", one.value("name", ""), outcome,
                                cases == &of_model ? "model" : "guest"));
    for (const auto& [key, one] : of_model) {
        const auto name = one.value("name", std::string());
        const auto found = of_guest.find(key);
        const json* skipped = one.value("outcome", "") == "skipped" ? &one : nullptr;
        if (found == of_guest.end()) {
            comparison.not_compared.push_back(name + ": not run at guest depth");
            continue;
        }
        if (found->second.value("outcome", "") == "skipped")
            skipped = &found->second;
        if (skipped != nullptr) {
            comparison.not_compared.push_back(fmt::format("{}: skipped at {} depth: {}", name,
                                                          skipped->value("depth", ""),
                                                          skipped->value("skip_reason", "")));
            continue;
        }
        ++comparison.compared;
        compare_case(name, one, found->second, comparison.differences);
    }
    for (const auto& [key, one] : of_guest)
        if (!of_model.contains(key))
            comparison.not_compared.push_back(one.value("name", std::string()) +
                                              ": not run at model depth");
    return comparison;
}

std::string comparison_text(const DepthComparison& comparison) {
    std::string text;
    std::string shown;
    for (const auto& one : comparison.differences) {
        const auto head = one.step.empty() ? one.name : one.name + ", step " + one.step;
        if (head != shown)
            text += head + "\n";
        shown = head;
        text += fmt::format("  {}\n    model: {}\n    guest: {}\n", one.what, one.model, one.guest);
    }
    for (const auto& one : comparison.not_compared)
        text += "not compared: " + one + "\n";
    for (const auto& one : comparison.not_passed)
        text += "not passed: " + one + "\n";
    std::set<std::string> differ;
    for (const auto& one : comparison.differences)
        differ.insert(one.name);
    text += fmt::format("{} cases compared, {} differ; {} not compared\n", comparison.compared,
                        differ.size(), comparison.not_compared.size());
    text += "only what stands beside \"guest\" is evidence from a guest\n";
    return text;
}

int comparison_code(const DepthComparison& comparison) {
    if (!comparison.differences.empty())
        return 1;
    if (!comparison.not_passed.empty())
        return static_cast<int>(ExitCode::product_failed);
    return static_cast<int>(comparison.compared > 0 ? ExitCode::all_passed : ExitCode::all_skipped);
}

int compare_depths(const CompareCommand& command, const LabMaker& make_labs) {
    const auto code = compare(command, make_labs);
    return code ? *code : static_cast<int>(tell(code.error()));
}

} // namespace vtpmlab::cli
