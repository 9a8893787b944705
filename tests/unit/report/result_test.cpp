#include "report/result.h"
#include "sample_run.h"

#include <gtest/gtest.h>

namespace vtpmlab::report {
namespace {

RunSummary run_of(std::vector<Outcome> outcomes) {
    RunSummary run;
    for (auto outcome : outcomes) {
        CaseResult result;
        result.outcome = outcome;
        run.cases.push_back(result);
    }
    return run;
}

TEST(ExitCodeOfARun, IsZeroWhenSomethingPassedAndNothingElseWentWrong) {
    EXPECT_EQ(run_of({Outcome::passed, Outcome::skipped}).exit_code(), ExitCode::all_passed);
}

TEST(ExitCodeOfARun, IsSkippedOnlyWhenAllWereSkipped) {
    EXPECT_EQ(run_of({Outcome::skipped, Outcome::skipped}).exit_code(), ExitCode::all_skipped);
}

TEST(ExitCodeOfARun, NamesTheProductBeforeTheLab) {
    EXPECT_EQ(run_of({Outcome::broken, Outcome::failed, Outcome::passed}).exit_code(),
              ExitCode::product_failed);
    EXPECT_EQ(run_of({Outcome::broken, Outcome::passed}).exit_code(), ExitCode::lab_broken);
}

TEST(ExitCodeOfARun, TellsABadScenarioFromABrokenLab) {
    auto run = run_of({Outcome::broken});
    Failure failure;
    failure.error.kind = ErrorKind::scenario;
    run.cases.front().failures.push_back(failure);
    EXPECT_EQ(run.exit_code(), ExitCode::bad_scenario);
}

TEST(ExitCodeOfARun, IsInterruptedWhateverWasFoundBefore) {
    auto run = run_of({Outcome::failed, Outcome::interrupted});
    run.was_interrupted = true;
    EXPECT_EQ(run.exit_code(), ExitCode::interrupted);
}

TEST(RunSummary, TalliesSkipsByReason) {
    auto run = run_of({Outcome::skipped, Outcome::skipped, Outcome::skipped, Outcome::passed});
    run.cases[0].skip_reason = run.cases[2].skip_reason = "no swtpm";
    run.cases[1].skip_reason = "no KVM";
    EXPECT_EQ(run.skips(), (std::map<std::string, std::size_t>{{"no KVM", 1}, {"no swtpm", 2}}));
}

} // namespace
} // namespace vtpmlab::report
