#include "core/files.h"
#include "process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

ProcessSpec shell(std::string script) {
    return ProcessSpec{.program = "/bin/sh", .arguments = {"-c", std::move(script)}};
}

class ProcessTest : public testing::Test {
protected:
    // A shell that prints its process id, and whatever `script` prints, to log().
    Process start(std::string script, ProcessLimits limits = {}) {
        ProcessSpec spec = shell("echo ready; " + std::move(script));
        spec.log = log();
        auto process = Process::start(spec, limits);
        EXPECT_TRUE(process.has_value());
        EXPECT_TRUE(wait_until(Deadline::in(20s), [this] { return contains("ready"); }));
        return std::move(*process);
    }
    std::filesystem::path log() const { return directory_.path() / "log"; }
    std::string output() const { return tail_of_file(log(), 4096); }
    bool contains(std::string_view text) const { return output().find(text) != std::string::npos; }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
};

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

TEST_F(ProcessTest, ReportsTheExitCode) {
    auto process = start("exit 3");
    EXPECT_EQ(process.wait(Deadline::in(20s)), (ExitStatus{3, 0}));
    EXPECT_EQ(process.exit_status()->text(), "exit code 3");
}

TEST_F(ProcessTest, ReportsTheSignal) {
    auto process = start("kill -9 $$");
    EXPECT_EQ(process.wait(Deadline::in(20s))->text(), "killed by signal 9 (Killed)");
}

TEST_F(ProcessTest, HasNoExitStatusWhileItRuns) {
    auto process = start("sleep 100");
    EXPECT_EQ(process.exit_status(), std::nullopt);
}

TEST_F(ProcessTest, EndsItsWholeGroupWhenItGoes) {
    pid_t leader = 0, child = 0;
    {
        auto process = start("sleep 100 & echo child $!; wait");
        ASSERT_TRUE(wait_until(Deadline::in(20s), [&] { return contains("child "); }));
        leader = process.pid();
        child = std::stoi(output().substr(output().find("child ") + 6));
        ASSERT_TRUE(exists(child));
    }
    EXPECT_FALSE(exists(leader));
    EXPECT_FALSE(exists(child));
}

TEST_F(ProcessTest, EndsTheGroupEvenAfterItsLeaderEnded) {
    auto process = start("sleep 100 & echo child $!");
    ASSERT_TRUE(process.wait(Deadline::in(20s)));
    const pid_t child = std::stoi(output().substr(output().find("child ") + 6));
    ASSERT_TRUE(exists(child));
    EXPECT_TRUE(process.stop());
    EXPECT_FALSE(exists(child));
}

TEST_F(ProcessTest, KillsWhatDoesNotListen) {
    auto process =
        start("trap '' TERM; echo trapped; while :; do sleep 1; done", {.terminate = 10ms});
    ASSERT_TRUE(wait_until(Deadline::in(20s), [&] { return contains("trapped"); }));
    EXPECT_TRUE(process.stop());
    EXPECT_EQ(process.exit_status(), (ExitStatus{0, SIGKILL}));
}

TEST_F(ProcessTest, LetsAProgramCleanUpBehindItself) {
    auto process = start("trap 'echo bye; exit 0' TERM; echo trapped; while :; do sleep 0.01; done",
                         {.terminate = 20s});
    ASSERT_TRUE(wait_until(Deadline::in(20s), [&] { return contains("trapped"); }));
    EXPECT_TRUE(process.stop());
    EXPECT_THAT(output(), HasSubstr("bye"));
}

TEST_F(ProcessTest, MayBeStoppedTwice) {
    auto process = start("sleep 100");
    EXPECT_TRUE(process.stop());
    EXPECT_TRUE(process.stop());
}

TEST_F(ProcessTest, GetsTheNamedDescriptorsAndNoOthers) {
    UniqueFd given(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    UniqueFd leaked(::open("/dev/full", O_RDONLY)); // not close-on-exec, as a careless library does
    ProcessSpec spec =
        shell("for fd in /proc/self/fd/*; do readlink $fd; done; readlink /proc/$$/fd/3");
    spec.descriptors = {given.get()};
    auto completed = run_to_end(spec, 20s);
    ASSERT_TRUE(completed);
    EXPECT_THAT(completed->output, HasSubstr("/dev/zero\n"));
    EXPECT_THAT(completed->output, testing::Not(HasSubstr("/dev/full")));
}

// The HTTP library ignores SIGPIPE for the whole process; a daemon that inherited this would not
// notice that nobody reads it any more.
TEST_F(ProcessTest, StartsWithCleanSignals) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    auto held_back = run_to_end(shell("kill -USR2 $$; echo survived"), 20s);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_TRUE(held_back);
    EXPECT_EQ(held_back->status, (ExitStatus{0, SIGUSR2}));
    for (const int signal : {SIGUSR1, SIGPIPE}) {
        const auto handler = ::signal(signal, SIG_IGN);
        auto ignored = run_to_end(shell(fmt::format("kill -{} $$; echo survived", signal)), 20s);
        ::signal(signal, handler);
        ASSERT_TRUE(ignored);
        EXPECT_EQ(ignored->status, (ExitStatus{0, signal}));
    }
}

TEST_F(ProcessTest, HasTheEnvironmentAndDirectoryItWasGiven) {
    ProcessSpec spec = shell("echo $COLOUR; pwd -P");
    spec.environment = {{"COLOUR", "green"}};
    spec.directory = "/usr";
    auto completed = run_to_end(spec, 20s);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->output, "green\n/usr\n");
}

TEST_F(ProcessTest, LeavesTheSessionWhenAsked) {
    ProcessSpec spec = shell("cut -d' ' -f6 /proc/$$/stat; echo $$");
    spec.session = ProcessSession::own;
    auto completed = run_to_end(spec, 20s);
    ASSERT_TRUE(completed);
    std::istringstream numbers(completed->output);
    int session = 0, pid = -1;
    numbers >> session >> pid;
    EXPECT_EQ(session, pid);
}

TEST(RunToEnd, GivesANonZeroExitAsAValue) {
    auto completed = run_to_end(shell("echo seen; echo as well >&2; exit 5"), 20s);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->status, (ExitStatus{5, 0}));
    EXPECT_EQ(completed->output, "seen\nas well\n");
}

TEST(RunToEnd, GivesTheTailOfALongOutput) {
    auto completed = run_to_end(shell("head -c 1000000 /dev/zero; echo end"), 20s);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->output.size(), std::size_t{64} << 10);
    EXPECT_TRUE(completed->output.ends_with("end\n"));
}

TEST(RunToEnd, SaysWhatWasPrintedWhenItTakesTooLong) {
    auto completed = run_to_end(shell("echo almost; exec sleep 100"), 500ms);
    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().message, "/bin/sh did not end within 0.5 s");
    EXPECT_THAT(completed.error().causes, testing::ElementsAre("it printed: almost\n"));
}

TEST(RunToEnd, NamesTheProgramThatIsMissing) {
    auto completed = run_to_end(ProcessSpec{.program = "vtpmlab-no-such-tool"}, 1s);
    ASSERT_FALSE(completed);
    EXPECT_EQ(completed.error().kind, ErrorKind::lab);
    EXPECT_EQ(completed.error().message,
              "cannot run vtpmlab-no-such-tool: No such file or directory");
    EXPECT_EQ(completed.error().hint,
              "install it, or check PATH; vtpmlab doctor names the packages");
}

TEST(FindProgram, LooksInTheSystemDirectoriesToo) {
    EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
    EXPECT_EQ(find_program("/etc/passwd"), std::nullopt);
    EXPECT_NE(find_program("sh"), std::nullopt);
}

} // namespace
} // namespace vtpmlab
