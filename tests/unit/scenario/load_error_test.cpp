// Every way a scenario file is wrong, and the exact text a person gets for it: data/bad/X.yaml and
// beside it X.expected.

#include "core/error_text.h"
#include "golden.h"
#include "scenario/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace vtpmlab::scenario {
namespace {

namespace fs = std::filesystem;

class BadScenario : public testing::TestWithParam<fs::path> {};

TEST_P(BadScenario, IsRefusedWithExactlyThisText) {
    const fs::path& path = GetParam();
    const auto checked = check_text(path.filename().string(), content_of(path));
    ASSERT_FALSE(checked) << "the loader takes it";
    std::string text;
    for (const auto& error : checked.error()) {
        EXPECT_EQ(error.kind, ErrorKind::scenario);
        text += error_text(error);
    }
    fs::path expected = path;
    expect_golden(expected.replace_extension(".expected"), text);
}

INSTANTIATE_TEST_SUITE_P(Data, BadScenario, testing::ValuesIn(yaml_files(test_data() / "bad")),
                         [](const auto& tested) { return tested.param.stem().string(); });

TEST(LoadErrors, EveryExpectedTextHasItsScenario) {
    std::set<std::string> scenarios, texts;
    for (const auto& entry : fs::directory_iterator(test_data() / "bad"))
        (entry.path().extension() == ".yaml" ? scenarios : texts)
            .insert(entry.path().stem().string());
    EXPECT_EQ(texts, scenarios);
}

TEST(LoadErrors, TheFirstOneNamesTheNumberOfOthers) {
    const auto loaded = load(test_data() / "bad" / "several_at_once.yaml");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message, "expected a text for 'scenario', found the number 5");
    EXPECT_EQ(loaded.error().causes,
              std::vector<std::string>{"4 more in this file; 'vtpmlab check' shows them all"});
}

TEST(LoadErrors, AMissingFileIsNamed) {
    const auto loaded = load("no/such/scenario.yaml");
    ASSERT_FALSE(loaded);
    EXPECT_EQ(error_text(loaded.error()), "no/such/scenario.yaml: no such file\n"
                                          "  hint: is the path right?\n");
}

TEST(LoadErrors, ADirectoryIsNoScenario) {
    const auto loaded = load(test_data());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message, "not a file");
}

} // namespace
} // namespace vtpmlab::scenario
