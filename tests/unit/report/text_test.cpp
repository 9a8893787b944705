#include "report/text.h"
#include "sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::report {
namespace {

using testing::ElementsAre;

TEST(DurationText, FitsItsSize) {
    EXPECT_EQ(duration_text(Duration{0}), "0 ms");
    EXPECT_EQ(duration_text(Duration{999}), "999 ms");
    EXPECT_EQ(duration_text(Duration{6'240}), "6.2 s");
    EXPECT_EQ(duration_text(Duration{99'949}), "99.9 s");
    EXPECT_EQ(duration_text(Duration{125'000}), "2 min 05 s");
    EXPECT_EQ(elapsed_text(Duration{6'990}), "6 s");
}

TEST(SafeText, LetsNothingMoveTheCursor) {
    EXPECT_EQ(safe_text("\x1b[2Jgone\r\x07"), "\\x1b[2Jgone\\x0d\\x07");
}

TEST(SafeText, KeepsWholeCharactersAndShowsBrokenOnes) {
    EXPECT_EQ(safe_text("Zürich\n\t"), "Zürich\n\t");
    EXPECT_EQ(safe_text("\xc3"), "\\xc3");
    EXPECT_EQ(safe_text("\xc0\xaf"), "\\xc0\\xaf");          // overlong
    EXPECT_EQ(safe_text("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // a surrogate
    EXPECT_EQ(safe_text("\xc2\x9b"), "\\xc2\\x9b");          // CSI as one character
}

TEST(Fit, CutsByColumnsNotBytes) {
    EXPECT_EQ(fit("äöü", 3), "äöü");
    EXPECT_EQ(fit("äöüß", 3), "äö…");
    EXPECT_EQ(fit("abc", 1), "…");
    EXPECT_EQ(fit("abc", 0), "");
}

TEST(FailureText, ShowsPlaceDifferencesAndTheGuestsLastWords) {
    EXPECT_EQ(
        failure_text(sample_failure()),
        "  scenarios/smoke/tis_by_default.yaml:18:5: step 5, expect-tpm s1: the guest's TPM is not "
        "the one expected\n"
        "     18 |   - expect-tpm: {server: \"${{ s1.id }}\", model: tpm-tis}\n"
        "        |     ^\n"
        "    /model (18:50)\n"
        "      expected: \"tpm-tis\"\n"
        "      actual:   \"tpm-crb\"\n"
        "    hint: read probe-s1.json for every witness\n"
        "  console of s1, last 2 lines (out/r1/tis_by_default/console.log)\n"
        "    | [    0.512] tpm_crb MSFT0101:00: registered\n"
        "    | vtpm-probe: ready\n");
}

TEST(FailureText, SaysThatAConsoleIsEmpty) {
    Failure failure;
    failure.error.message = "no answer";
    failure.consoles = {{"s1", "out/c/console.log", {}}};
    EXPECT_EQ(failure_text(failure), "  no answer\n"
                                     "  console of s1 is empty (out/c/console.log)\n");
}

TEST(SummaryLines, BearTheDepthOnEveryLine) {
    EXPECT_THAT(summary_lines(sample_run()),
                ElementsAre("guest  1 passed, 1 failed, 1 broken, 1 skipped, of 4 cases in 58.3 s",
                            "guest  skipped 1: swtpm is not installed",
                            "guest  artefacts in out/r1"));
}

TEST(SummaryLines, NeverSellAModelAsEvidence) {
    RunSummary run;
    run.info.depth = Depth::model;
    run.duration = Duration{38};
    run.cases.resize(1);
    EXPECT_THAT(summary_lines(run),
                ElementsAre("model  1 passed, 0 failed, of 1 case in 38 ms",
                            "model  no guest was booted: nothing here is evidence from a guest"));
}

} // namespace
} // namespace vtpmlab::report
