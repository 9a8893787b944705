#include "scenario/match.h"
#include "scenario/matchers.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

std::string differences(const json& expected, const json& actual) {
    return difference_text(match(Located{expected, {}, {}}, actual));
}
bool matches(const json& expected, const json& actual) {
    return match(Located{expected, {}, {}}, actual).empty();
}

TEST(Match, AsksForNoMoreThanWhatIsWritten) {
    EXPECT_TRUE(matches({{"status", 202}}, {{"status", 202}, {"id", "abc"}}));
    EXPECT_TRUE(matches(json::object(), {{"status", 202}}));
    EXPECT_TRUE(matches({{"a", {{"b", json::array({1, 2})}}}},
                        {{"a", {{"b", json::array({1, 2})}, {"c", 3}}}}));
    EXPECT_TRUE(matches(2, 2.0));
    EXPECT_TRUE(matches(nullptr, nullptr));
}

TEST(Match, ShowsOnlyWhatDiffers) {
    const json actual = {{"status", "ERROR"},
                         {"name", "s1"},
                         {"fault", {{"code", 500}, {"message", "No valid host was found."}}}};
    EXPECT_EQ(differences({{"status", "ACTIVE"},
                           {"name", "s1"},
                           {"fault", {{"code", 500}, {"message", {{"contains", "TPM"}}}}},
                           {"host", "compute-1"}},
                          actual),
              "/fault/message\n"
              "  expected: contains \"TPM\"\n"
              "  actual:   \"No valid host was found.\"\n"
              "/host\n"
              "  expected: \"compute-1\"\n"
              "  actual:   (not there)\n"
              "/status\n"
              "  expected: \"ACTIVE\"\n"
              "  actual:   \"ERROR\"\n");
}

TEST(Match, NamesTheTypesWhenOnlyTheyDiffer) {
    EXPECT_EQ(differences({{"version", 2.0}}, {{"version", "2.0"}}),
              "/version\n"
              "  expected: 2.0 (a number)\n"
              "  actual:   \"2.0\" (a text)\n");
    EXPECT_EQ(differences(json::array({1}), {{"a", 1}}), "the result\n"
                                                         "  expected: [1] (a list)\n"
                                                         "  actual:   {\"a\":1} (a map)\n");
}

TEST(Match, ComparesListsElementByElement) {
    EXPECT_EQ(differences(json::array({1, 2, 3}), json::array({1, 5, 3})), "/1\n"
                                                                           "  expected: 2\n"
                                                                           "  actual:   5\n");
    EXPECT_EQ(differences(json::array({1, 2}), json::array({1})), "the result\n"
                                                                  "  expected: 2 elements: [1,2]\n"
                                                                  "  actual:   1 elements: [1]\n");
}

TEST(Match, PointsAtTheExpectation) {
    Located expected{{{"a", {{"b", 1}}}}, {}, {}};
    expected.places = {{"", {"x.yaml", 3, 13}}, {"/a/b", {"x.yaml", 4, 8}}};
    const auto found = match(expected, {{"a", {{"b", 2}}}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0], (Difference{"/a/b", {"x.yaml", 4, 8}, "1", "2"}));
}

TEST(Matchers, AskForMoreThanEquality) {
    struct Row {
        json expected, actual;
        bool fits;
    };
    const json traits = json::array({"TIS", "CRB"});
    const std::vector<Row> table = {
        {{{"any", true}}, 5, true},
        {{{"any", true}}, nullptr, true},
        {{{"contains", "TPM"}}, "a TPM here", true},
        {{{"contains", "tpm"}}, "a TPM here", false},
        {{{"contains", "TIS"}}, traits, true},
        {{{"contains", {{"matches", "^C"}}}}, traits, true},
        {{{"contains", {{"matches", "^X"}}}}, traits, false},
        {{{"contains", "a"}}, {{"a", 1}}, true},
        {{{"contains", "b"}}, {{"a", 1}}, false},
        {{{"contains", "5"}}, 5, false},
        {{{"contains", {{"id", 2}}}}, json::array({{{"id", 1}}, {{"id", 2}, {"x", 0}}}), true},
        {{{"matches", "^2\\.[01]$"}}, "2.0", true},
        {{{"matches", "^2\\.[01]$"}}, "12.0", false},
        {{{"matches", "0"}}, 20, false},
        {{{"length", 2}}, traits, true},
        {{{"length", 3}}, traits, false},
        {{{"length", 3}}, "abc", true},
        {{{"length", 0}}, 0, false},
        {{{"length", {{"one_of", {1, 2}}}}}, traits, true},
        {{{"not", "ERROR"}}, "ACTIVE", true},
        {{{"not", "ERROR"}}, "ERROR", false},
        {{{"not", {{"contains", "TIS"}}}}, traits, false},
        {{{"one_of", {400, 409}}}, 409, true},
        {{{"one_of", {400, {{"any", true}}}}}, "x", true},
        {{{"one_of", {400, 409}}}, 500, false},
        {{{"equals", {{"a", 1}}}}, {{"a", 1}}, true},
        {{{"equals", {{"a", 1}}}}, {{"a", 1}, {"b", 2}}, false},
        {{{"equals", {{"any", true}}}}, {{"any", true}}, true},
        {{{"absent", true}}, nullptr, false},
    };
    for (const auto& row : table)
        EXPECT_EQ(matches(row.expected, row.actual), row.fits) << row.expected << row.actual;
}

TEST(Matchers, KnowWhatIsNotThere) {
    EXPECT_TRUE(matches({{"fault", {{"absent", true}}}}, {{"status", "ACTIVE"}}));
    EXPECT_FALSE(matches({{"fault", {{"absent", true}}}}, {{"fault", nullptr}}));
    EXPECT_TRUE(matches({{"fault", {{"not", "x"}}}}, json::object()));
    EXPECT_FALSE(matches({{"fault", {{"any", true}}}}, json::object()));
    EXPECT_FALSE(matches({{"fault", {{"contains", "x"}}}}, json::object()));
}

TEST(Matchers, AreShownInWords) {
    const std::vector<std::pair<json, std::string>> table = {
        {{{"any", true}}, "anything"},
        {{{"absent", true}}, "nothing there"},
        {{{"matches", "^Q"}}, "matches \"^Q\""},
        {{{"length", 5}}, "length 5"},
        {{{"not", {{"contains", "l"}}}}, "not contains \"l\""},
        {{{"one_of", {1, {{"contains", "b"}}}}}, "one of 1, contains \"b\""},
        {{{"equals", json::object()}}, "exactly {}"},
    };
    for (const auto& [matcher, words] : table) {
        const bool is_absent = matcher.contains("absent");
        const auto found = match(Located{{{"k", matcher}}, {}, {}},
                                 matcher.contains("any") ? json::object() : json{{"k", "val"}});
        ASSERT_EQ(found.size(), 1u) << matcher << is_absent;
        EXPECT_EQ(found[0].expected, words);
    }
}

TEST(Matchers, DoNotLetALongAnswerBurnTheStack) {
    EXPECT_FALSE(matches({{"matches", "(a|b)*c"}}, std::string(1 << 20, 'a')));
}

TEST(Match, CutsAndEscapesWhatItShows) {
    const auto found = match(Located{"x", {}, {}}, std::string(1000, 'a'));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_LT(found[0].actual.size(), 400u);
    EXPECT_EQ(differences("x", "\x1b[2J\xff"), "the result\n"
                                               "  expected: \"x\"\n"
                                               "  actual:   \"\\u001b[2J\\ufffd\"\n");
}

TEST(Matchers, AreCheckedWhileLoading) {
    EXPECT_TRUE(check_matchers({{"a", {{"any", true}}}, {"not", 1}, {"b", 2}}).empty());
    const auto faults = check_matchers(
        {{"a", json::array({{{"one_of", json::array({{{"matches", "["}}})}}})}, {"b", 1}});
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0].pointer, "/a/0/one_of/0/matches");
}

} // namespace
} // namespace vtpmlab::scenario
