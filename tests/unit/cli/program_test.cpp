// All of vtpmlab as a process, in a lab that misbehaves on demand: exit codes, what stands on which
// stream, and signals.

#include "core/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* scenario_text = R"(scenario: a server gets its TPM
depths: [model]
timeout: 60s
steps:
  - flavor-create: {name: small, ram: 128, vcpus: 1, disk: 0, properties: {"hw:tpm_version": "2.0"}}
    by: admin
    as: flavor
  - image-create: {name: micro, from: micro}
    as: image
  - server-create: {name: s1, flavor: "${{ flavor.id }}", image: "${{ image.id }}"}
    as: s1
  - expect-server: {server: "${{ s1.id }}", status: ACTIVE}
  - expect-tpm: {server: "${{ s1.id }}", version: "2.0", model: tpm-tis}
)";

std::string content(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

class Program : public testing::Test {
protected:
    void SetUp() override {
        auto created = TemporaryDirectory::create("vtpmlab-test");
        ASSERT_TRUE(created);
        directory_.emplace(std::move(*created));
        ASSERT_TRUE(write_file(path("a.yaml"), scenario_text));
    }
    void TearDown() override {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    std::string path(const std::string& name) const { return (directory_->path() / name).string(); }

    void start(std::vector<std::string> arguments, const std::string& mischief = "none") {
        arguments.insert(arguments.begin(), VTPMLAB_MISCHIEVOUS_PROGRAM);
        std::vector<char*> argv;
        for (auto& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        std::string variable = "VTPMLAB_MISCHIEF=" + mischief;
        // Clouds that stand on this machine are not seen.
        std::string temporary = "TMPDIR=" + directory_->path().string();
        std::array<char*, 3> environment = {variable.data(), temporary.data(), nullptr};
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        const int flags = O_WRONLY | O_CREAT | O_TRUNC;
        ::posix_spawn_file_actions_addopen(&actions, 1, path("stdout").c_str(), flags, 0644);
        ::posix_spawn_file_actions_addopen(&actions, 2, path("stderr").c_str(), flags, 0644);
        ASSERT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environment.data()),
                  0);
        ::posix_spawn_file_actions_destroy(&actions);
    }

    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

    int run(std::vector<std::string> arguments, const std::string& mischief = "none") {
        start(std::move(arguments), mischief);
        return wait();
    }

    std::vector<std::string> run_arguments() const {
        return {"run", path("a.yaml"), "--depth", "model", "--out", path("out")};
    }

    // Until the run's own event log says so; a run that never gets there fails the test.
    void wait_for_event(const std::string& text) const {
        const auto deadline = steady_clock::now() + std::chrono::seconds{30};
        while (content(path("out/events.jsonl")).find(text) == std::string::npos) {
            ASSERT_LT(steady_clock::now(), deadline) << "never saw " << text;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
    }

    std::string output() const { return content(path("stdout")); }
    std::string errors() const { return content(path("stderr")); }

    std::optional<TemporaryDirectory> directory_;
    pid_t pid_ = -1;
};

TEST_F(Program, EndsWithZeroWhenAllPassed) {
    EXPECT_EQ(run(run_arguments()), 0) << output() << errors();
    EXPECT_THAT(output(), StartsWith("model  1 case of 1 file, "));
    EXPECT_THAT(output(), HasSubstr("model  1 passed, 0 failed, of 1 case in "));
    EXPECT_EQ(errors(), "");
}

TEST_F(Program, KeepsItsReports) {
    auto arguments = run_arguments();
    arguments.insert(arguments.end(), {"--junit", path("junit.xml")});
    EXPECT_EQ(run(arguments), 0);
    EXPECT_THAT(content(path("junit.xml")), HasSubstr("<testsuites name=\"vtpmlab.model\""));
    EXPECT_THAT(content(path("out/results.json")), HasSubstr("\"passed\": 1"));
    EXPECT_THAT(content(path("out/events.jsonl")), HasSubstr("\"event\":\"run-finished\""));
}

TEST_F(Program, EndsWithFourWhenTheProductFailed) {
    EXPECT_EQ(run(run_arguments(), "wrong-model"), 4);
    EXPECT_THAT(output(), HasSubstr("      actual:   \"tpm-crb\"\n"));
    EXPECT_THAT(output(), HasSubstr("  again: vtpmlab run " + path("a.yaml") + " --depth model\n"));
}

TEST_F(Program, EndsWithThreeWhenTheLabIsBroken) {
    EXPECT_EQ(run(run_arguments(), "no-lab"), 3);
    EXPECT_THAT(output(), HasSubstr("    hint: read libvirtd.log\n"));
}

TEST_F(Program, EndsWithSeventySevenWhenAllWasSkipped) {
    EXPECT_EQ(run(run_arguments(), "no-swtpm"), 77);
    EXPECT_THAT(output(), HasSubstr("model  skipped 1: swtpm is not installed\n"));
}

TEST_F(Program, RunsNothingWhenAScenarioIsWrong) {
    ASSERT_TRUE(write_file(path("b.yaml"), "scenario: x\nstep: []\n"));
    EXPECT_EQ(
        run({"run", path("a.yaml"), path("b.yaml"), "--depth", "model", "--out", path("out")}), 2);
    EXPECT_THAT(errors(), HasSubstr(path("b.yaml") + ":2:1: unknown key 'step'"));
    EXPECT_THAT(errors(), HasSubstr("1 of 2 scenario files is wrong, so nothing was run\n"
                                    "  hint: mend what stands above, or leave those files out\n"));
    EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(Program, EndsWithOneOnBadUsage) {
    EXPECT_EQ(run({"run", path("a.yaml"), "--jobs", "0"}), 1);
    EXPECT_EQ(errors(), "error: --jobs must be a number from 1 to 256, not '0'\n"
                        "  hint: leave it out to run " +
                            std::to_string(std::max(1U, std::thread::hardware_concurrency())) +
                            " at a time, one for each core\n");
    EXPECT_EQ(output(), "");
}

// As `systemctl status` of a service that does not run; what should not be up is down already.
TEST_F(Program, EndsWithThreeWhereNoCloudIsUp) {
    for (const char* command : {"status", "journal"}) {
        EXPECT_EQ(run({command}), 3) << command;
        EXPECT_EQ(errors(), "error: no cloud is up\n  hint: bring one up with `vtpmlab up`\n");
        EXPECT_EQ(output(), "");
    }
    EXPECT_EQ(run({"probe", "s1"}), 3);
    EXPECT_EQ(run({"down"}), 0);
    EXPECT_EQ(output(), "no cloud is up\n");
}

TEST_F(Program, SaysOnceThatThereIsNoGuest) {
    std::string text = scenario_text;
    text.replace(text.find("[model]"), 7, "[guest]");
    ASSERT_TRUE(write_file(path("a.yaml"), text));
    EXPECT_EQ(run({"run", path("a.yaml"), "--guest-dir", path("nowhere"), "--out", path("out")}),
              3);
    EXPECT_THAT(errors(), StartsWith("error: there is no micro guest\n  where: " + path("nowhere") +
                                     "\n  hint: build it with"));
}

TEST_F(Program, LeavesAForeignDirectoryAlone) {
    ASSERT_TRUE(make_directories(path("out")));
    ASSERT_TRUE(write_file(path("out/thesis.txt"), "years of work"));
    EXPECT_EQ(run(run_arguments()), 1);
    EXPECT_THAT(errors(), HasSubstr("is not empty and was not made by vtpmlab"));
    EXPECT_EQ(content(path("out/thesis.txt")), "years of work");
}

TEST_F(Program, CleansUpAfterCtrlC) {
    start(run_arguments(), "stuck");
    wait_for_event("\"verb\":\"expect-server\"");
    ::kill(pid_, SIGINT);
    EXPECT_EQ(wait(), 130);
    EXPECT_THAT(output(), HasSubstr("interrupted: running cases clean up first"));
    EXPECT_THAT(output(), HasSubstr("interrupted while waiting for server s1 to be ACTIVE"));
    EXPECT_THAT(output(), testing::Not(HasSubstr("left behind")));
    // The reports are whole all the same, and the directory is free again.
    EXPECT_THAT(content(path("out/results.json")), HasSubstr("\"was_interrupted\": true"));
    EXPECT_EQ(run(run_arguments()), 0);
}

TEST_F(Program, HearsTermLikeCtrlC) {
    start(run_arguments(), "stuck");
    wait_for_event("\"verb\":\"expect-server\"");
    ::kill(pid_, SIGTERM);
    EXPECT_EQ(wait(), 130);
}

TEST_F(Program, RefusesADirectoryInUse) {
    start(run_arguments(), "stuck");
    wait_for_event("\"verb\":\"expect-server\"");
    const pid_t first = std::exchange(pid_, -1);
    EXPECT_EQ(run(run_arguments()), 1);
    EXPECT_THAT(errors(), HasSubstr("another run of vtpmlab is writing to"));
    ::kill(first, SIGINT);
    int status = 0;
    ::waitpid(first, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 130);
}

TEST_F(Program, ListsCasesForPeopleAndMachines) {
    EXPECT_EQ(run({"list", path("a.yaml")}), 0);
    EXPECT_EQ(output(), path("a.yaml") + "  (model)\n  a server gets its TPM\n    a\n");
    EXPECT_EQ(run({"list", "--format", "json", path("a.yaml")}), 0);
    EXPECT_THAT(output(), HasSubstr("\"timeout_seconds\": 60"));
}

TEST_F(Program, ChecksWithoutRunning) {
    EXPECT_EQ(run({"check", path("a.yaml")}), 0);
    EXPECT_EQ(output(), "1 scenario file with 1 case, all right\n");
    ASSERT_TRUE(write_file(path("a.yaml"), "scenario: [\n"));
    EXPECT_EQ(run({"check", path("a.yaml")}), 2);
    EXPECT_EQ(output(), "1 of 1 scenario files is wrong\n");
    EXPECT_THAT(errors(), StartsWith(path("a.yaml") + ":"));
}

} // namespace
} // namespace vtpmlab::cli
