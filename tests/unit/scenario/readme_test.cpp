// The tables of scenarios/README.md are written from the tables the loader uses.

#include "golden.h"
#include "scenario/format.h"
#include "scenario/known_leaks.h"
#include "scenario/load.h"
#include "scenario/match.h"
#include "scenario/verbs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace vtpmlab::scenario {
namespace {

std::string in_table(std::string text) {
    std::replace(text.begin(), text.end(), '|', '/');
    return text;
}

std::string key_table() {
    std::string table = "| key | |\n|---|---|\n";
    for (const auto& field : file_shape().fields)
        table += fmt::format("| `{}`{} | {} |\n", field.name,
                             field.needed == Needed::yes ? " (needed)" : "", in_table(field.help));
    return table;
}

std::string verb_table() {
    std::string table = "| verb | arguments (*needed*) | result |\n|---|---|---|\n";
    for (const auto& verb : verbs()) {
        std::vector<std::string> arguments, results;
        for (const auto& field : verb.arguments.fields)
            arguments.push_back(field.needed == Needed::yes ? "*" + field.name + "*" : field.name);
        for (const auto& field : verb.results)
            results.push_back(field.name);
        table += fmt::format("| `{}`: {} | {} | {} |\n", verb.name, in_table(verb.help),
                             fmt::join(arguments, ", "), fmt::join(results, ", "));
    }
    return table;
}

std::string leak_table() {
    std::string table = "| id | store | what stays, and why |\n|---|---|---|\n";
    for (const auto& leak : known_leaks())
        table += fmt::format("| {} | {} | {} |\n", leak.id, fmt::join(leak.stores, ", "), leak.why);
    return table;
}

// The text between `<!-- NAME -->` and `<!-- end -->`, replaced when goldens are being updated.
void expect_section(const std::string& name, const std::string& expected) {
    const auto path = source_root() / "scenarios/README.md";
    std::string readme = content_of(path);
    const std::string opening = fmt::format("<!-- {} -->\n", name);
    const std::size_t from = readme.find(opening) + opening.size();
    const std::size_t to = readme.find("<!-- end -->", from);
    ASSERT_NE(readme.find(opening), std::string::npos);
    ASSERT_NE(to, std::string::npos);
    expect_golden(path, readme.replace(from, to - from, expected));
}

TEST(ScenarioReadme, ListsTheKeys) { expect_section("keys", key_table()); }

TEST(ScenarioReadme, ListsTheVerbs) { expect_section("verbs", verb_table()); }

TEST(ScenarioReadme, ListsThePersonas) {
    expect_section("personas", fmt::format("{}\n", fmt::join(personas(), ", ")));
}

TEST(ScenarioReadme, ListsTheKnownLeaks) { expect_section("leaks", leak_table()); }

TEST(ScenarioReadme, NamesEveryMatcher) {
    const std::string readme = content_of(source_root() / "scenarios/README.md");
    for (const auto& name : matcher_names())
        EXPECT_NE(readme.find("{" + name + ":"), std::string::npos) << name;
}

// Each YAML block of the README that is a whole scenario loads.
TEST(ScenarioReadme, ItsExampleLoads) {
    const std::string readme = content_of(source_root() / "scenarios/README.md");
    const std::string fence = "```yaml\n";
    const std::size_t from = readme.find(fence + "# yaml-language-server");
    ASSERT_NE(from, std::string::npos);
    const std::size_t start = from + fence.size();
    const std::string example = readme.substr(start, readme.find("```", start) - start);
    const auto checked = check_text("example.yaml", example);
    ASSERT_TRUE(checked) << checked.error().front().where << checked.error().front().message;
    EXPECT_EQ(checked->cases.size(), 5u);
}

} // namespace
} // namespace vtpmlab::scenario
