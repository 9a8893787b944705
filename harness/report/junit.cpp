#include "report/junit.h"

#include "report/text.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <filesystem>
#include <sstream>

namespace vtpmlab::report {
namespace {

std::string seconds(Duration duration) {
    return fmt::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
    node.append_attribute(name).set_value(safe_text(value).c_str());
}

void add_property(pugi::xml_node properties, const char* name, const std::string& value) {
    if (value.empty())
        return;
    auto property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
}

struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    Duration time{0};
    void add(const CaseResult& result) {
        ++tests;
        failures += result.outcome == Outcome::failed;
        errors += result.outcome == Outcome::broken || result.outcome == Outcome::interrupted;
        skipped += result.outcome == Outcome::skipped;
        time += result.duration;
    }
};

void set_counts(pugi::xml_node node, const Counts& counts, Duration time) {
    set(node, "tests", std::to_string(counts.tests));
    set(node, "failures", std::to_string(counts.failures));
    set(node, "errors", std::to_string(counts.errors));
    set(node, "skipped", std::to_string(counts.skipped));
    set(node, "time", seconds(time));
}

// "scenarios/smoke/tis_by_default.yaml" -> "scenarios.smoke.tis_by_default": readers group by dots.
std::string class_name(const std::string& file) {
    const auto path = std::filesystem::path(file).lexically_normal();
    std::string name;
    for (const auto& part : path.parent_path()) {
        if (part == "/" || part == "." || part == "..")
            continue;
        name += part.string() + ".";
    }
    return name + path.stem().string();
}

void add_verdict(pugi::xml_node node, const CaseResult& result) {
    if (result.outcome == Outcome::passed)
        return;
    if (result.outcome == Outcome::skipped) {
        set(node.append_child("skipped"), "message", result.skip_reason);
        return;
    }
    // One element a case: most readers look at the first only, so all the text goes there.
    auto verdict = node.append_child(result.outcome == Outcome::failed ? "failure" : "error");
    if (result.failures.empty()) {
        set(verdict, "message", std::string{to_string(result.outcome)});
        return;
    }
    const Failure& first = result.failures.front();
    set(verdict, "message", failure_headline(first));
    set(verdict, "type",
        std::string{first.finding == Finding::none ? to_string(result.outcome)
                                                   : to_string(first.finding)});
    std::string text = "\n";
    for (const auto& failure : result.failures)
        text += failure_text(failure);
    if (!result.info.artefacts.empty())
        text += fmt::format("  artefacts: {}\n", result.info.artefacts);
    text += fmt::format("  again: {}\n", result.info.reproduce);
    verdict.text().set(safe_text(text).c_str());
}

std::string steps_text(const CaseResult& result) {
    const auto depth = to_string(result.info.depth);
    std::string text = "\n";
    for (const auto& step : result.steps) {
        text += fmt::format("{}  {:<11}  {:>10}  {}. {}\n", depth, to_string(step.outcome),
                            duration_text(step.duration), step.step.number, step.step.title);
        for (const auto& note : step.notes)
            text += fmt::format("{}  {:<11}  {:>10}     {}\n", depth, "", "", note);
    }
    for (const auto& warning : result.warnings)
        text += fmt::format("{}  warning: {}\n", depth, warning);
    return text;
}

} // namespace

std::string junit_xml(const RunSummary& summary) {
    pugi::xml_document document;
    auto declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";

    Counts all;
    std::vector<std::string> files;
    std::map<std::string, std::vector<const CaseResult*>> by_file;
    for (const auto& result : summary.cases) {
        auto& cases = by_file[result.info.file];
        if (cases.empty())
            files.push_back(result.info.file);
        cases.push_back(&result);
        all.add(result);
    }

    auto root = document.append_child("testsuites");
    set(root, "name", fmt::format("vtpmlab.{}", to_string(summary.info.depth)));
    set_counts(root, all, summary.duration);
    for (const auto& file : files) {
        Counts counts;
        for (const auto* result : by_file[file])
            counts.add(*result);
        auto suite = root.append_child("testsuite");
        set(suite, "name", file);
        set_counts(suite, counts, counts.time);
        set(suite, "timestamp", summary.info.started);
        auto properties = suite.append_child("properties");
        add_property(properties, "depth", std::string{to_string(summary.info.depth)});
        add_property(properties, "run", summary.info.id);
        for (const auto* result : by_file[file]) {
            auto node = suite.append_child("testcase");
            set(node, "classname",
                fmt::format("{}.{}", to_string(result->info.depth), class_name(file)));
            set(node, "name", result->info.name);
            set(node, "file", file);
            set(node, "time", seconds(result->duration));
            auto case_properties = node.append_child("properties");
            add_property(case_properties, "depth", std::string{to_string(result->info.depth)});
            add_property(case_properties, "lab", result->lab);
            add_property(case_properties, "artefacts", result->info.artefacts);
            add_verdict(node, *result);
            if (!result->steps.empty() || !result->warnings.empty())
                node.append_child("system-out").text().set(safe_text(steps_text(*result)).c_str());
        }
    }
    std::ostringstream output;
    document.save(output, "  ", pugi::format_default, pugi::encoding_utf8);
    return output.str();
}

} // namespace vtpmlab::report
