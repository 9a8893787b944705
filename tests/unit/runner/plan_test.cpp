#include "runner/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::runner {
namespace {

using testing::ElementsAre;

std::shared_ptr<const scenario::ScenarioFile>
scenario_file(const std::string& path, const std::vector<std::string>& names,
              std::vector<Depth> depths = {Depth::guest, Depth::model},
              std::vector<std::string> labels = {"smoke"}) {
    auto file = std::make_shared<scenario::ScenarioFile>();
    file->path = path;
    file->depths = std::move(depths);
    for (const auto& name : names) {
        scenario::Case one;
        one.name = name;
        one.labels = labels;
        file->cases.push_back(one);
    }
    return file;
}

std::vector<std::string> names(const Plan& plan) {
    std::vector<std::string> all;
    for (const auto& planned : plan.cases)
        all.push_back(planned.name);
    return all;
}

Selection at(Depth depth) {
    Selection selection;
    selection.depth = depth;
    return selection;
}

TEST(Plan, HoldsEveryCaseInTheOrderOfTheFiles) {
    const auto plan = make_plan(
        {scenario_file("s/b.yaml", {"b[x=1]", "b[x=2]"}), scenario_file("s/a.yaml", {"a"})},
        at(Depth::model));
    ASSERT_TRUE(plan);
    EXPECT_THAT(names(*plan), ElementsAre("b[x=1]", "b[x=2]", "a"));
    EXPECT_EQ(plan->files, 2U);
}

TEST(Plan, TellsCasesOfOneNameApartByTheirFolder) {
    const auto plan =
        make_plan({scenario_file("s/old/a.yaml", {"a"}), scenario_file("s/new/a.yaml", {"a"})},
                  at(Depth::model));
    ASSERT_TRUE(plan);
    EXPECT_THAT(names(*plan), ElementsAre("old/a", "new/a"));
}

TEST(Plan, KeepsACaseOfAnotherDepthWithItsReason) {
    const auto plan = make_plan({scenario_file("a.yaml", {"a"}, {Depth::guest})}, at(Depth::model));
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->cases.front().skip_reason, "the scenario runs at depth guest only");
}

TEST(Plan, ChoosesByLabelAndByName) {
    Selection selection = at(Depth::model);
    selection.labels = *scenario::LabelExpression::parse("smoke and not slow");
    selection.cases = {"a[x=2]"};
    const auto plan = make_plan({scenario_file("a.yaml", {"a[x=1]", "a[x=2]"}),
                                 scenario_file("b.yaml", {"b"}, {Depth::model}, {"smoke", "slow"})},
                                selection);
    ASSERT_TRUE(plan);
    EXPECT_THAT(names(*plan), ElementsAre("a[x=2]"));
}

TEST(Plan, RefusesACaseNobodyKnows) {
    Selection selection = at(Depth::model);
    selection.cases = {"tis_by_defalt"};
    const auto plan = make_plan({scenario_file("a.yaml", {"tis_by_default"})}, selection);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, ErrorKind::usage);
    EXPECT_EQ(plan.error().message, "no case is named 'tis_by_defalt'");
    EXPECT_EQ(plan.error().hint, "did you mean 'tis_by_default'?");
}

TEST(Plan, RefusesToRunNothing) {
    Selection selection = at(Depth::model);
    selection.labels = *scenario::LabelExpression::parse("nightly");
    const auto plan = make_plan({scenario_file("a.yaml", {"a"})}, selection);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, ErrorKind::usage);
    EXPECT_EQ(plan.error().message, "no case is chosen");
    EXPECT_EQ(plan.error().hint, "see `vtpmlab list` for the cases and their labels");
}

TEST(ReproduceCommand, RunsJustThisCaseAsAShellReadsIt) {
    const auto plan = make_plan(
        {scenario_file("scenarios/smoke/a b.yaml", {"a b[x=it's]", "a b[x=2]"})}, at(Depth::model));
    ASSERT_TRUE(plan);
    EXPECT_EQ(reproduce_command(plan->cases.front()),
              "vtpmlab run 'scenarios/smoke/a b.yaml' --case 'a b[x=it'\\''s]' --depth model");
}

TEST(ReproduceCommand, SaysNoMoreThanItMust) {
    const auto plan = make_plan({scenario_file("s/a.yaml", {"a"})}, at(Depth::guest));
    ASSERT_TRUE(plan);
    EXPECT_EQ(reproduce_command(plan->cases.front()), "vtpmlab run s/a.yaml");
}

} // namespace
} // namespace vtpmlab::runner
