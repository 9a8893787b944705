#include "core/files.h"
#include "process/sandbox.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SandboxSpec shell(std::string script) {
    SandboxSpec spec;
    spec.program = "/bin/sh";
    spec.arguments = {"-c", std::move(script)};
    return spec;
}

TEST(SandboxSpec, TravelsAsArguments) {
    SandboxSpec spec = shell("--hide me");
    spec.hostname = "compute-1";
    spec.binds = {{"/a", "/b"}, {"/c d", "/e"}};
    spec.emptied = {"/run"};
    spec.hidden = {"/dev/kvm"};
    spec.network = SandboxNetwork::shared;
    spec.held_file = "/tmp/lock";
    spec.confinement = Confinement::none;
    auto parsed = parse_sandbox_arguments(sandbox_arguments(spec));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed, spec);
}

TEST(SandboxSpec, IsRefusedWhenIncomplete) {
    using Words = std::vector<std::string>;
    for (const Words& words : {Words{"run"}, Words{"run", "--"}, Words{"run", "--bind", "/a"},
                               Words{"run", "--hostname"}, Words{"run", "--what", "x", "--", "sh"}})
        EXPECT_FALSE(parse_sandbox_arguments(words)) << words.back();
}

// Without namespaces: everywhere.
TEST(UnconfinedSandbox, GivesTheProgramsExitCode) {
    SandboxSpec spec = shell("exit 7");
    spec.confinement = Confinement::none;
    EXPECT_EQ(run_sandbox_to_end(spec, 20s)->status, (ExitStatus{7, 0}));
}

// The program itself is not among them, nor what keeps it.
void expect_daemon_among_others(Confinement confinement) {
    auto directory = TemporaryDirectory::create("vtpmlab-test").value();
    SandboxSpec spec = shell("(setsid sleep 1002 &); sleep 1003 & echo up; wait");
    spec.confinement = confinement;
    spec.log = directory.path() / "log";
    auto sandbox = Sandbox::start(spec);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    std::vector<std::string> commands;
    (void)wait_until(Deadline::in(20s), [&] {
        commands.clear();
        for (const auto& process : sandbox->others()) {
            EXPECT_EQ(::kill(process.pid, 0), 0);
            commands.push_back(fmt::format("{}", fmt::join(process.command, " ")));
        }
        // Before it is a sleep, each is a copy of the shell, and one setsid.
        return testing::Value(commands, testing::UnorderedElementsAre("sleep 1002", "sleep 1003"));
    });
    EXPECT_THAT(commands, testing::UnorderedElementsAre("sleep 1002", "sleep 1003"));
}

TEST(UnconfinedSandbox, TellsWhatElseRuns) { expect_daemon_among_others(Confinement::none); }

TEST(UnconfinedSandbox, TakesDaemonsWithItWhenThePlugIsPulled) {
    auto directory = TemporaryDirectory::create("vtpmlab-test").value();
    SandboxSpec spec = shell("setsid sh -c 'trap \"\" TERM; sleep 1000 & echo $! $$ up; wait' & "
                             "exec sleep 1001");
    spec.confinement = Confinement::none;
    spec.log = directory.path() / "log";
    auto sandbox = Sandbox::start(spec);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    ASSERT_TRUE(wait_until(Deadline::in(20s), [&] {
        return tail_of_file(spec.log, 100).find("up") != std::string::npos;
    }));
    int child = 0;
    int daemon = 0;
    ASSERT_EQ(std::sscanf(tail_of_file(spec.log, 100).c_str(), "%d %d", &child, &daemon), 2);
    EXPECT_EQ(::kill(child, 0), 0);
    EXPECT_TRUE(sandbox->power_off());
    for (const int pid : {child, daemon})
        EXPECT_EQ(::kill(pid, 0), -1) << pid << " is still there";
}

// Namespaces may be forbidden where the tests run; then these are skipped with that reason.
class SandboxTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto can = try_namespaces(); !can)
            GTEST_SKIP() << can.error().message;
    }

    std::string output_of(const SandboxSpec& spec) {
        auto completed = run_sandbox_to_end(spec, 20s);
        EXPECT_TRUE(completed) << completed.error().message;
        return completed ? completed->output : "";
    }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
};

TEST_F(SandboxTest, GivesTheProgramsExitCode) {
    EXPECT_EQ(run_sandbox_to_end(shell("exit 7"), 20s)->status, (ExitStatus{7, 0}));
    EXPECT_EQ(run_sandbox_to_end(shell("kill -9 $$"), 20s)->status, (ExitStatus{0, SIGKILL}));
}

TEST_F(SandboxTest, SaysWhichProgramIsMissing) {
    SandboxSpec spec;
    spec.program = "/no/such/program";
    auto completed = run_sandbox_to_end(spec, 20s);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->status, (ExitStatus{127, 0}));
    EXPECT_EQ(completed->output, "error: cannot run /no/such/program: No such file or directory\n");
}

TEST_F(SandboxTest, SaysWhichSourceIsMissing) {
    SandboxSpec spec = shell("true");
    spec.binds = {{"/no/such/source", "/mnt"}};
    auto completed = run_sandbox_to_end(spec, 20s);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->status, (ExitStatus{3, 0}));
    EXPECT_EQ(completed->output, "error: cannot open /no/such/source: No such file or directory\n");
}

TEST_F(SandboxTest, IsRootInsideWithANameOfItsOwn) {
    SandboxSpec spec = shell("id -u; uname -n");
    spec.hostname = "compute-1";
    EXPECT_EQ(output_of(spec), "0\ncompute-1\n");
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    EXPECT_STRNE(name, "compute-1");
}

TEST_F(SandboxTest, HasOnlyTheLoopbackDevice) {
    EXPECT_EQ(
        output_of(shell("ls /proc/sys/net/ipv4/conf; cat /sys/class/net/lo/flags >/dev/null")),
        "all\ndefault\nlo\n");
}

TEST_F(SandboxTest, BindsOverWhatIsThereAndWhatIsNot) {
    ASSERT_TRUE(make_directories(directory_.path() / "source"));
    ASSERT_TRUE(write_file(directory_.path() / "source/file", "inside\n"));
    ASSERT_TRUE(write_file(directory_.path() / "hosts", "own hosts\n"));
    SandboxSpec spec = shell("cat /etc/hosts /etc/vtpmlab-test/file "
                             "/var/lib/vtpmlab-test/a/b/file; test -e /etc/passwd && echo still");
    spec.binds = {{directory_.path() / "hosts", "/etc/hosts"},
                  {directory_.path() / "source", "/etc/vtpmlab-test"},
                  {directory_.path() / "source", "/var/lib/vtpmlab-test/a/b"}};
    EXPECT_EQ(output_of(spec), "own hosts\ninside\ninside\nstill\n");
    EXPECT_FALSE(std::filesystem::exists("/etc/vtpmlab-test"));
    EXPECT_FALSE(std::filesystem::exists("/var/lib/vtpmlab-test"));
}

TEST_F(SandboxTest, EmptiesAndHides) {
    SandboxSpec spec = shell("ls -A /run; test -e /dev/null && echo null; "
                             "test -e /dev/zero || echo no zero; echo x >/dev/null && echo works");
    spec.emptied = {"/run"};
    spec.hidden = {"/dev/zero", "/dev/no-such-device"};
    EXPECT_EQ(output_of(spec), "null\nno zero\nworks\n");
}

TEST_F(SandboxTest, KeepsWhatIsBoundFromUnderAnEmptiedDirectory) {
    ASSERT_TRUE(write_file(directory_.path() / "file", "seen\n"));
    SandboxSpec spec = shell("cat " + (directory_.path() / "file").string());
    spec.emptied = {directory_.path().parent_path()};
    spec.binds = {{directory_.path(), directory_.path()}};
    EXPECT_EQ(output_of(spec), "seen\n");
}

TEST_F(SandboxTest, ReapsWhatItsProgramsLeave) {
    SandboxSpec spec = shell("for i in 1 2 3; do sh -c 'sleep 0 &'; done; "
                             "n=1; while [ $n != 0 ]; do n=$(cat /proc/[0-9]*/stat 2>/dev/null | "
                             "grep -c ' Z '); done; echo none left");
    EXPECT_EQ(output_of(spec), "none left\n");
}

TEST_F(SandboxTest, TellsWhatElseRuns) { expect_daemon_among_others(Confinement::namespaces); }

TEST_F(SandboxTest, FillsADirectoryUntilItIsToldOtherwise) {
    const auto full = directory_.path() / "full";
    ASSERT_TRUE(make_directories(full));
    ASSERT_TRUE(write_file(full / "file", "as before\n"));
    SandboxSpec spec = shell("cd " + full.parent_path().string() +
                             "; until [ -e full/.full ]; do sleep 0.01; done; "
                             "head -c 4 /dev/zero >full/new || echo refused; sleep 99");
    spec.log = directory_.path() / "log";
    auto sandbox = Sandbox::start(spec);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    const auto says = [&](const char* text) {
        return wait_until(Deadline::in(20s), [&] {
            return tail_of_file(spec.log, 1000).find(text) != std::string::npos;
        });
    };
    const auto filled = sandbox->order("fill " + full.string());
    ASSERT_TRUE(filled) << filled.error().message;
    EXPECT_TRUE(says("No space left on device")) << tail_of_file(spec.log, 1000);
    EXPECT_TRUE(says("refused"));
    EXPECT_FALSE(std::filesystem::exists(full / "new")) << "the machine itself sees none of it";
    const auto kept = sandbox->order("unfill " + full.string());
    ASSERT_FALSE(kept);
    EXPECT_NE(kept.error().message.find("full/new stands on the full disk"), std::string::npos)
        << kept.error().message;
    EXPECT_TRUE(sandbox->power_off());
}

TEST_F(SandboxTest, TakesEverythingWithItWhenThePlugIsPulled) {
    SandboxSpec spec = shell("trap '' TERM; setsid sleep 1000 & echo $! up; wait");
    spec.log = directory_.path() / "log";
    spec.held_file = directory_.path() / "held";
    auto sandbox = Sandbox::start(spec);
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    ASSERT_TRUE(wait_until(Deadline::in(20s), [&] {
        return tail_of_file(spec.log, 100).find("up") != std::string::npos;
    }));
    EXPECT_TRUE(sandbox->power_off());
    EXPECT_EQ(sandbox->exit_status(), (ExitStatus{0, SIGKILL}));
    EXPECT_TRUE(sandbox->power_off());
}

TEST_F(SandboxTest, IsStoppedAtItsDeadline) {
    auto completed = run_sandbox_to_end(shell("echo stuck; sleep 1000"), 1s);
    ASSERT_FALSE(completed);
    EXPECT_THAT(completed.error().message, HasSubstr("did not end within 1 s"));
}

} // namespace
} // namespace vtpmlab
