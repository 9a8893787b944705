#include "cli/compare_depths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::cli {
namespace {

using testing::HasSubstr;

// A run with one case of one step.
std::string run(const std::string& depth, const std::string& outcome, const std::string& seen,
                const std::string& more = "") {
    return R"({"depth": ")" + depth + R"(", "cases": [{"file": "f.yaml", "name": "c", "depth": ")" +
           depth + R"(", "outcome": ")" + outcome + R"(")" + more +
           R"(, "steps": [{"number": 3, "title": "expect-witness s1", "outcome": ")" + outcome +
           R"(", "seen": )" + seen + "}]}]}";
}

Result<DepthComparison> compare(const std::string& model, const std::string& guest) {
    return compare_results(model, "m.json", guest, "g.json");
}

TEST(CompareDepths, FindsNothingBetweenEqualRuns) {
    const auto found = compare(run("model", "passed", R"({"found": {"pcr": "same"}})"),
                               run("guest", "passed", R"({"found": {"pcr": "same"}})"));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->differences.empty());
    EXPECT_EQ(found->compared, 1U);
    EXPECT_EQ(comparison_code(*found), 0);
}

TEST(CompareDepths, ListsEveryDifferenceOfEvidenceWithItsDepth) {
    const auto found =
        compare(run("model", "passed", R"({"found": {"ek": "same", "pcr": "same"}})"),
                run("guest", "passed", R"({"found": {"ek": "new", "pcr": "reset"}})"));
    ASSERT_TRUE(found);
    EXPECT_EQ(comparison_text(*found),
              "c, step 3 expect-witness s1\n"
              "  /found/ek\n"
              "    model: \"same\"\n"
              "    guest: \"new\"\n"
              "  /found/pcr\n"
              "    model: \"same\"\n"
              "    guest: \"reset\"\n"
              "1 cases compared, 1 differ; 0 not compared\n"
              "only what stands beside \"guest\" is evidence from a guest\n");
}

TEST(CompareDepths, AnotherResultIsADifference) {
    const auto found = compare(run("model", "passed", "{}"), run("guest", "failed", "{}"));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->differences.size(), 2U);
    EXPECT_EQ(found->differences.front().what, "result");
    EXPECT_EQ(comparison_code(*found), 1);
}

TEST(CompareDepths, FailingAlikeIsNoSuccess) {
    const auto found = compare(run("model", "failed", "{}"), run("guest", "failed", "{}"));
    ASSERT_TRUE(found);
    EXPECT_EQ(comparison_text(*found),
              "not passed: c: failed at model depth\n"
              "not passed: c: failed at guest depth\n"
              "1 cases compared, 0 differ; 0 not compared\n"
              "only what stands beside \"guest\" is evidence from a guest\n");
    EXPECT_EQ(comparison_code(*found), 4);
}

TEST(CompareDepths, FailingBesideASkipIsNoSuccess) {
    const auto found = compare(run("model", "failed", "{}"), run("guest", "skipped", "{}"));
    ASSERT_TRUE(found);
    EXPECT_EQ(comparison_code(*found), 4);
}

TEST(CompareDepths, SaysWhatCannotBeCompared) {
    const auto found =
        compare(run("model", "passed", "{}"),
                run("guest", "skipped", "{}", R"(, "skip_reason": "no namespaces")"));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->differences.empty());
    EXPECT_THAT(comparison_text(*found),
                HasSubstr("not compared: c: skipped at guest depth: no namespaces\n"));
    EXPECT_EQ(comparison_code(*found), 77) << "nothing was compared";
}

TEST(CompareDepths, TakesNoModelForAGuest) {
    const auto found = compare(run("model", "passed", "{}"), run("model", "passed", "{}"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().where, "g.json");
}

} // namespace
} // namespace vtpmlab::cli
