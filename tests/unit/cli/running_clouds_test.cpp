#include "cli/running_clouds.h"
#include "cli/state_directory.h"
#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RunningClouds : public testing::Test {
protected:
    // As if this process, or the one named, held it up.
    fs::path stand(const std::string& name, const std::string& since = "2026-11-22T05:00:00Z",
                   pid_t process = ::getpid()) {
        const auto directory = base_.path() / name;
        EXPECT_TRUE(make_directories(directory));
        CloudRecord record;
        record.pid = process;
        record.process_started = *process_start_of(record.pid);
        record.since = since;
        record.endpoints = {{"keystone", "http://127.0.0.1:5000"}};
        record.hosts = {{"compute-1", "/tmp/x/h1/instances"}};
        record.admin_password = SecretValue("top secret");
        EXPECT_TRUE(write_cloud_record(directory, record));
        return directory;
    }
    std::vector<RunningCloud> found() const { return running_clouds(base_.path()); }

    TemporaryDirectory base_ = std::move(*TemporaryDirectory::create("vtpmlab-test"));
};

TEST_F(RunningClouds, AreFoundByTheirRecords) {
    const auto directory = stand("vtpmlab-abc");
    const auto clouds = found();
    ASSERT_EQ(clouds.size(), 1U);
    EXPECT_EQ(clouds[0].directory, directory);
    EXPECT_EQ(clouds[0].record.pid, ::getpid());
    EXPECT_EQ(clouds[0].record.endpoints.at(0).second, "http://127.0.0.1:5000");
    EXPECT_EQ(clouds[0].record.admin_password.reveal(), "top secret");
}

TEST_F(RunningClouds, ArriveInTheOrderTheyCameUp) {
    const auto second = stand("vtpmlab-abc", "2026-11-22T06:00:00Z");
    const auto first = stand("vtpmlab-xyz", "2026-11-22T05:00:00Z");
    const auto clouds = found();
    ASSERT_EQ(clouds.size(), 2U);
    EXPECT_EQ(clouds[0].directory, first);
    EXPECT_EQ(clouds[1].directory, second);
}

TEST_F(RunningClouds, AreNotOfAProcessThatHasEnded) {
    const auto record = stand("vtpmlab-abc") / "cloud.json";
    auto text = *read_file(record);
    const auto start = *process_start_of(::getpid());
    // The number is in use again, by a process that began at another time.
    text.replace(text.find('"' + start + '"'), start.size() + 2, "\"1\"");
    ASSERT_TRUE(write_file(record, text));
    EXPECT_TRUE(found().empty());
}

TEST_F(RunningClouds, AreNotWhatSomebodyElseWrote) {
    ASSERT_TRUE(make_directories(base_.path() / "vtpmlab-abc"));
    ASSERT_TRUE(write_file(base_.path() / "vtpmlab-abc/cloud.json", "{\"pid\": \"one\"}"));
    ASSERT_TRUE(make_directories(base_.path() / "other"));
    EXPECT_TRUE(found().empty());
}

TEST_F(RunningClouds, HaveRecordsForTheirOwnerAlone) {
    struct stat info {};
    ASSERT_EQ(::stat((stand("vtpmlab-abc") / "cloud.json").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(RunningClouds, AreChosenByDirectoryNameOrProcess) {
    const auto directory = stand("vtpmlab-abc");
    const auto only = choose_cloud(found(), "");
    ASSERT_TRUE(only);
    EXPECT_EQ(only->directory, directory);

    stand("vtpmlab-xyz", "2026-11-22T04:00:00Z", ::getppid());
    const auto clouds = found();
    ASSERT_EQ(clouds.size(), 2U);
    for (const auto& cloud : clouds)
        for (const auto& name : {cloud.directory.string(), cloud.directory.filename().string(),
                                 std::to_string(cloud.record.pid)}) {
            const auto chosen = choose_cloud(found(), name);
            ASSERT_TRUE(chosen) << name;
            EXPECT_EQ(chosen->directory, cloud.directory) << name;
        }
}

TEST_F(RunningClouds, SayWhichThereAre) {
    auto none = choose_cloud(found(), "");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message, "no cloud is up");
    EXPECT_EQ(none.error().hint, "bring one up with `vtpmlab up`");
    const auto one = stand("vtpmlab-abc");
    auto wrong = choose_cloud(found(), "vtpmlab-abd");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "no cloud 'vtpmlab-abd' is up");
    EXPECT_THAT(wrong.error().hint, HasSubstr(one.string()));
    stand("vtpmlab-xyz");
    auto many = choose_cloud(found(), "");
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().kind, ErrorKind::usage);
    EXPECT_EQ(many.error().message, "2 clouds are up");
    EXPECT_THAT(many.error().hint, HasSubstr("name one with --cloud: " + one.string()));
}

class State : public testing::Test {
protected:
    fs::path path() const { return base_.path() / "state"; }
    TemporaryDirectory base_ = std::move(*TemporaryDirectory::create("vtpmlab-test"));
};

TEST_F(State, IsClosedToOthers) {
    ASSERT_TRUE(make_directories(path()));
    fs::permissions(path(), fs::perms::all);
    const auto state = StateDirectory::claim(path());
    ASSERT_TRUE(state);
    struct stat info {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(State, IsOneCloudsAtATime) {
    auto first = StateDirectory::claim(path());
    ASSERT_TRUE(first);
    const auto second = StateDirectory::claim(path());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::usage);
    EXPECT_EQ(second.error().message, "another cloud (process " + std::to_string(::getpid()) +
                                          ") uses '" + path().string() + "'");
    EXPECT_EQ(second.error().hint,
              "take it down with `vtpmlab down`, or name another directory with --state");
    first = fail(ErrorKind::lab, "gone");
    EXPECT_TRUE(StateDirectory::claim(path()));
}

TEST_F(State, IsNotPutIntoAForeignDirectory) {
    ASSERT_TRUE(make_directories(path()));
    ASSERT_TRUE(write_file(path() / "thesis.txt", "years of work"));
    const auto refused = StateDirectory::claim(path());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_EQ(refused.error().message, "'" + path().string() + "' is not empty and holds no cloud");
}

TEST_F(State, CannotBeAFile) {
    ASSERT_TRUE(write_file(path(), "text"));
    const auto refused = StateDirectory::claim(path());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr(path().string()));
}

} // namespace
} // namespace vtpmlab::cli
