#include "core/files.h"
#include "process/run_directory.h"
#include "process/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class RunDirectoryTest : public testing::Test {
protected:
    RunDirectoryTest() { ::setenv("TMPDIR", base_.path().c_str(), 1); }
    ~RunDirectoryTest() override { ::unsetenv("TMPDIR"); }

    std::vector<fs::path> runs() const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(base_.path()))
            found.push_back(entry.path());
        return found;
    }

    // A run in another process, which is then killed as kill -9 does. Gives the janitor's id.
    pid_t leave_a_run(std::optional<SandboxSpec> host = {}) {
        int ready[2];
        EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto run = RunDirectory::create();
            std::optional<Sandbox> sandbox;
            if (run && host) {
                host->held_file = run->hosts_lock();
                host->log = run->path() / "log";
                host->arguments.push_back(run->path());
                if (auto started = Sandbox::start(*host))
                    sandbox.emplace(std::move(*started));
                (void)wait_until(Deadline::in(20s), [&] { return fs::exists(run->path() / "up"); });
            }
            const pid_t janitor = run ? run->janitor() : -1;
            (void)!::write(ready[1], &janitor, sizeof janitor);
            ::pause();
            ::_exit(0);
        }
        pid_t janitor = -1;
        EXPECT_EQ(::read(ready[0], &janitor, sizeof janitor), ssize_t{sizeof janitor});
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(ready[0]);
        ::close(ready[1]);
        return janitor;
    }

    TemporaryDirectory base_ = TemporaryDirectory::create("vtpmlab-test").value();
};

TEST_F(RunDirectoryTest, IsClosedToOthersAndGoneAfterwards) {
    {
        auto run = RunDirectory::create();
        ASSERT_TRUE(run) << run.error().message;
        EXPECT_EQ(fs::status(run->path()).permissions(), fs::perms::owner_all);
        ASSERT_TRUE(write_file(run->path() / "something", "text"));
        EXPECT_THAT(runs(), ElementsAre(run->path()));
    }
    EXPECT_THAT(runs(), IsEmpty());
}

TEST_F(RunDirectoryTest, StaysWhenItIsToBeKept) {
    fs::path path;
    {
        auto run = RunDirectory::create();
        ASSERT_TRUE(run);
        path = run->keep();
    }
    EXPECT_TRUE(fs::is_directory(path));
    EXPECT_THAT(sweep_stale_runs(base_.path()), IsEmpty());
}

TEST_F(RunDirectoryTest, IsRemovedByTheJanitorAfterKillMinusNine) {
    leave_a_run();
    EXPECT_TRUE(wait_until(Deadline::in(20s), [&] { return runs().empty(); }));
}

TEST_F(RunDirectoryTest, IsRemovedAfterItsHostsHaveGoneToo) {
    SandboxSpec host;
    host.program = "/bin/sh";
    // Writes as fast as it can, so that a removal before its death would not stick.
    host.arguments = {"-c", "echo >$1/up; while :; do mkdir -p $1/d; echo >$1/d/f; done", "sh"};
    leave_a_run(host);
    EXPECT_TRUE(wait_until(Deadline::in(20s), [&] { return runs().empty(); }));
}

TEST_F(RunDirectoryTest, IsSweptByTheNextRunWhenTheJanitorDiedAsWell) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto run = RunDirectory::create();
        ::kill(run->janitor(), SIGKILL);
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    ASSERT_EQ(runs().size(), 1u);
    EXPECT_TRUE(
        wait_until(Deadline::in(20s), [&] { return !sweep_stale_runs(base_.path()).empty(); }));
    EXPECT_THAT(runs(), IsEmpty());
}

TEST_F(RunDirectoryTest, IsSweptWhenItsMakerDiedBeforeLockingIt) {
    const auto an_hour_ago = fs::file_time_type::clock::now() - 1h;
    const fs::path unborn = base_.path() / "vtpmlab-unborn",
                   young = base_.path() / "vtpmlab-young1", full = base_.path() / "vtpmlab-filled",
                   other = base_.path() / "vtpmlab-others-own";
    for (const auto& path : {unborn, young, full, other})
        fs::create_directory(path);
    ASSERT_TRUE(write_file(unborn / ".run.new", ""));
    ASSERT_TRUE(write_file(full / "thesis", "text"));
    for (const auto& path : {unborn, full, other})
        fs::last_write_time(path, an_hour_ago);
    EXPECT_THAT(sweep_stale_runs(base_.path()), ElementsAre(unborn));
    EXPECT_FALSE(fs::exists(unborn));
    EXPECT_TRUE(fs::exists(young) && fs::exists(full) && fs::exists(other));
}

TEST_F(RunDirectoryTest, OfALivingRunIsNotSwept) {
    auto run = RunDirectory::create();
    ASSERT_TRUE(run);
    EXPECT_THAT(sweep_stale_runs(base_.path()), IsEmpty());
    EXPECT_TRUE(fs::is_directory(run->path()));
}

TEST_F(RunDirectoryTest, SaysWhereItCannotBeMade) {
    ::setenv("TMPDIR", "/proc/1", 1);
    auto run = RunDirectory::create();
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().kind, ErrorKind::lab);
    EXPECT_THAT(run.error().message,
                testing::StartsWith("cannot create a directory under /proc/1"));
}

} // namespace
} // namespace vtpmlab
