#include "cli/list_rows.h"
#include "scenario/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vtpmlab::cli {
namespace {

using testing::HasSubstr;

std::shared_ptr<const scenario::ScenarioFile> file(std::vector<std::string> labels,
                                                   std::vector<Depth> depths) {
    auto made = std::make_shared<scenario::ScenarioFile>();
    made->labels = std::move(labels);
    made->depths = std::move(depths);
    return made;
}

RowReport row(const std::vector<RowReport>& rows, const std::string& id) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.id == id; });
    return found == rows.end() ? RowReport{} : *found;
}

NamedResults results(const std::string& depth, const std::string& outcome) {
    return {"results.json", R"({"cases": [{"depth": ")" + depth + R"(", "outcome": ")" + outcome +
                                R"(", "labels": ["L01", "smoke"]}]})"};
}

TEST(Rows, AreEachOnceAndHaveAnIdOfTheReference) {
    std::set<std::string_view> seen;
    for (const auto& one : scenario::rows()) {
        EXPECT_TRUE(seen.insert(one.id).second) << one.id;
        EXPECT_TRUE(scenario::is_row_id(one.id)) << one.id;
        EXPECT_FALSE(one.about.empty()) << one.id;
    }
    EXPECT_EQ(seen.size(), 184U);
    EXPECT_FALSE(scenario::is_row_id("smoke"));
    EXPECT_FALSE(scenario::is_row_id("D25"));
}

TEST(ListRows, NamesRowsWithoutAScenarioToo) {
    const auto rows = report_rows({file({"L01", "smoke"}, {Depth::guest, Depth::model})}, {});
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->size(), scenario::rows().size());
    EXPECT_EQ(row(*rows, "L01").states.at(Depth::guest), RowState::exists);
    EXPECT_EQ(row(*rows, "L02").states.at(Depth::model), RowState::absent);
    EXPECT_EQ(row(*rows, "Q21").cannot, "there is no volume service");
}

TEST(ListRows, AModelRunSaysNothingOfGuests) {
    const auto rows = report_rows({file({"L01"}, {Depth::guest, Depth::model})},
                                  std::vector{results("model", "passed")});
    ASSERT_TRUE(rows);
    EXPECT_EQ(row(*rows, "L01").states.at(Depth::model), RowState::passed);
    EXPECT_EQ(row(*rows, "L01").states.at(Depth::guest), RowState::exists);
}

TEST(ListRows, OneFailureOutweighsWhatPassed) {
    const auto rows =
        report_rows({}, std::vector{results("guest", "passed"), results("guest", "failed"),
                                    results("guest", "skipped")});
    ASSERT_TRUE(rows);
    EXPECT_EQ(row(*rows, "L01").states.at(Depth::guest), RowState::failed);
    EXPECT_THAT(rows_text(*rows), HasSubstr("L01  failed   -        stop, start\n"));
}

TEST(ListRows, ShowsALabelThatLooksLikeARowAndIsNone) {
    const auto rows = report_rows({file({"V55"}, {Depth::model})}, {});
    ASSERT_TRUE(rows);
    EXPECT_EQ(row(*rows, "V55").scenarios, 1U);
    EXPECT_EQ(row(*rows, "V56").id, "");
}

TEST(ListRows, RefusesWhatIsNoResultsFile) {
    const auto rows = report_rows({}, std::vector{NamedResults{"x.json", "{}"}});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, ErrorKind::usage);
    EXPECT_EQ(rows.error().where, "x.json");
}

} // namespace
} // namespace vtpmlab::cli
