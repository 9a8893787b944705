#include "report/terminal_sink.h"
#include "sample_run.h"

#include <gtest/gtest.h>

namespace vtpmlab::report {
namespace {

enum class Kind { pipe, tty, colour_tty };

class FakeTerminal final : public Terminal {
public:
    explicit FakeTerminal(Kind kind) : kind_(kind) {}
    void write(std::string_view text) override { text_ += text; }
    bool is_interactive() const override { return kind_ != Kind::pipe; }
    std::size_t width() const override { return width_; }
    std::size_t height() const override { return height_; }
    Colour colour() const override { return kind_ == Kind::colour_tty ? Colour::on : Colour::off; }

    // What was written since the last question.
    std::string take() { return std::exchange(text_, {}); }
    void resize(std::size_t width, std::size_t height) {
        width_ = width;
        height_ = height;
    }

private:
    Kind kind_;
    std::string text_;
    std::size_t width_ = 80;
    std::size_t height_ = 24;
};

TimePoint after(int ms) { return TimePoint{} + std::chrono::milliseconds(ms); }

TEST(TerminalSink, WritesOnePlainLineACaseIntoAPipe) {
    FakeTerminal pipe(Kind::pipe);
    TerminalSink sink(pipe);
    const RunSummary run = sample_run();
    sink.run_started(run.info, after(0));
    for (std::size_t i = 0; i < run.cases.size(); ++i) {
        sink.case_started(i, run.cases[i].info, after(0));
        sink.step_started(i, sample_step(), after(0));
        sink.tick(after(500));
        sink.case_finished(i, run.cases[i], after(1000));
    }
    EXPECT_EQ(
        pipe.take(),
        "guest  4 cases of 2 files, 2 at a time, artefacts in out/r1\n"
        "guest  passed            6.2 s  every_pair[tpm=2.0-crb]\n"
        "                                warning: model without version\n"
        "guest  FAILED            7.1 s  tis_by_default\n"
        "                                step 5, expect-tpm s1: the guest's TPM is not the one "
        "expected\n"
        "guest  skipped            0 ms  as_user\n"
        "                                swtpm is not installed\n"
        "guest  BROKEN       2 min 05 s  every_pair[tpm=1.2-tis]\n"
        "                                bringing the cloud up: libvirtd did not answer within "
        "20 s\n");
}

TEST(TerminalSink, EndsWithTheFailuresInFullAndTheSummary) {
    FakeTerminal pipe(Kind::pipe);
    TerminalSink sink(pipe);
    sink.run_finished(sample_run(), after(58'312));
    EXPECT_EQ(
        pipe.take(),
        "\n"
        "guest  FAILED  tis_by_default\n"
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
        "    | vtpm-probe: ready\n"
        "  lab: tcg, QEMU 7.2.22\n"
        "  artefacts: out/r1/tis_by_default\n"
        "  again: vtpmlab run scenarios/smoke/tis_by_default.yaml --case tis_by_default\n"
        "\n"
        "guest  BROKEN  every_pair[tpm=1.2-tis]\n"
        "  bringing the cloud up: libvirtd did not answer within 20 s\n"
        "    where: virConnectOpen on compute-1\n"
        "    cause: it exited with status 1\n"
        "    hint: read libvirtd.log\n"
        "  artefacts: out/r1/every_pair[tpm=1.2-tis]\n"
        "  again: vtpmlab run scenarios/smoke/every_pair.yaml --case every_pair[tpm=1.2-tis]\n"
        "\n"
        "guest  1 passed, 1 failed, 1 broken, 1 skipped, of 4 cases in 58.3 s\n"
        "guest  skipped 1: swtpm is not installed\n"
        "guest  artefacts in out/r1\n");
}

TEST(TerminalSink, KeepsOneLiveLineForEachRunningCase) {
    FakeTerminal tty(Kind::tty);
    TerminalSink sink(tty);
    const RunSummary run = sample_run();
    sink.case_started(0, run.cases[0].info, after(0));
    EXPECT_EQ(tty.take(), "guest  running             0 s  every_pair[tpm=2.0-crb]\n");
    sink.case_started(1, run.cases[1].info, after(0));
    EXPECT_EQ(tty.take(), "\r\x1b[1A\x1b[J"
                          "guest  running             0 s  every_pair[tpm=2.0-crb]\n"
                          "guest  running             0 s  tis_by_default\n");
    sink.step_started(1, sample_step(), after(100));
    sink.tick(after(3'400));
    EXPECT_EQ(tty.take(), "\r\x1b[2A\x1b[J"
                          "guest  running             3 s  every_pair[tpm=2.0-crb]\n"
                          "guest  running             3 s  tis_by_default  5/7 expect-tpm s1\n");
    sink.case_finished(0, run.cases[0], after(3'500));
    EXPECT_EQ(tty.take(), "\r\x1b[2A\x1b[J"
                          "guest  passed            6.2 s  every_pair[tpm=2.0-crb]\n"
                          "                                warning: model without version\n"
                          "guest  running             3 s  tis_by_default  5/7 expect-tpm s1\n");
}

TEST(TerminalSink, PaintsNothingWhenNothingChanged) {
    FakeTerminal tty(Kind::tty);
    TerminalSink sink(tty);
    sink.case_started(0, sample_info("a", "a.yaml"), after(0));
    tty.take();
    sink.tick(after(300));
    sink.tick(after(900));
    EXPECT_EQ(tty.take(), "");
}

TEST(TerminalSink, NeverWritesALiveLineWiderThanTheWindow) {
    FakeTerminal tty(Kind::tty);
    TerminalSink sink(tty);
    tty.resize(60, 24);
    sink.case_started(0, sample_info(std::string(100, 'n'), "a.yaml"), after(0));
    tty.take();
    sink.step_started(0, sample_step(), after(0));
    sink.tick(after(1'000));
    EXPECT_EQ(tty.take(), "\r\x1b[1A\x1b[J"
                          "guest  running             1 s  nnnnnnn…  5/7 expect-tpm s1\n");
    // The line of before takes three rows of the narrow window.
    tty.resize(20, 24);
    sink.tick(after(2'000));
    EXPECT_EQ(tty.take(), "\r\x1b[3A\x1b[J"
                          "guest  running    …\n");
}

TEST(TerminalSink, CountsTheCasesThatFindNoRoomInTheWindow) {
    FakeTerminal tty(Kind::tty);
    TerminalSink sink(tty);
    tty.resize(80, 5);
    for (std::size_t i = 0; i < 5; ++i)
        sink.case_started(i, sample_info("case" + std::to_string(i), "a.yaml"), after(0));
    tty.take();
    sink.notice("hello", after(0));
    EXPECT_EQ(tty.take(), "\r\x1b[3A\x1b[J"
                          "hello\n"
                          "guest  running             0 s  case0\n"
                          "guest  running             0 s  case1\n"
                          "guest  and 3 more\n");
}

TEST(TerminalSink, ColoursOnlyTheOutcome) {
    FakeTerminal tty(Kind::colour_tty);
    TerminalSink sink(tty);
    const RunSummary run = sample_run();
    sink.case_finished(1, run.cases[1], after(0));
    EXPECT_EQ(tty.take(),
              "guest  \x1b[1;31mFAILED     \x1b[0m       7.1 s  tis_by_default\n"
              "                                step 5, expect-tpm s1: the guest's TPM is "
              "not the one expected\n");
}

TEST(TerminalSink, DoesNotExplainACtrlCToWhoeverPressedIt) {
    FakeTerminal pipe(Kind::pipe);
    TerminalSink sink(pipe);
    RunSummary run;
    run.cases.resize(1);
    run.cases[0].outcome = Outcome::interrupted;
    Failure failure;
    failure.error.kind = ErrorKind::interrupted;
    run.cases[0].failures = {failure};
    sink.run_finished(run, after(0));
    EXPECT_EQ(pipe.take(), "\nguest  0 passed, 0 failed, 1 interrupted, of 1 case in 0 ms\n");
}

TEST(TerminalSink, LetsNoNameMoveTheCursor) {
    FakeTerminal tty(Kind::tty);
    TerminalSink sink(tty);
    sink.case_started(0, sample_info("a\x1b[2J", "a.yaml"), after(0));
    EXPECT_EQ(tty.take(), "guest  running             0 s  a\\x1b[2J\n");
}

} // namespace
} // namespace vtpmlab::report
