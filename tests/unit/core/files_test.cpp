#include "core/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
protected:
    TemporaryDirectory directory_ = *TemporaryDirectory::create("vtpmlab-test");
    fs::path path(const char* name) { return directory_.path() / name; }
};

TEST_F(Files, AWrittenFileIsReadBackWhole) {
    ASSERT_TRUE(write_file(path("a"), "one\ntwo\n"));
    EXPECT_EQ(read_file(path("a")).value(), "one\ntwo\n");
}

TEST_F(Files, AnOwnerOnlyFileIsNobodyElses) {
    ASSERT_TRUE(write_file(path("a"), "x", FileMode::owner_only));
    struct stat status {};
    ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Files, WritingLeavesNothingElseBehind) {
    ASSERT_TRUE(write_file(path("a"), "1"));
    ASSERT_TRUE(write_file(path("a"), "2"));
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory_.path()))
        ++count;
    EXPECT_EQ(count, 1);
}

TEST_F(Files, AMissingFileIsNamedWithAHint) {
    const auto result = read_file("/nonexistent/file");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "cannot read /nonexistent/file: No such file or directory");
    EXPECT_EQ(result.error().hint, "check the path");
}

TEST_F(Files, APlaceThatTakesNoFilesIsNamed) {
    const auto result = write_file("/proc/vtpmlab", "x");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message.substr(0, 26), "cannot write /proc/vtpmlab");
}

TEST_F(Files, AFileLargerThanTheLimitIsRefused) {
    ASSERT_TRUE(write_file(path("a"), std::string(100, 'x')));
    const auto result = read_file(path("a"), 99);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message,
              "cannot read " + path("a").string() + ": larger than 99 bytes");
    EXPECT_EQ(result.error().hint, "is it the file you mean?");
}

TEST_F(Files, ATailStartsAtALine) {
    ASSERT_TRUE(write_file(path("a"), "first\nsecond\nthird\n"));
    EXPECT_EQ(tail_of_file(path("a"), 10), "third\n");
    EXPECT_EQ(tail_of_file(path("a"), 1000), "first\nsecond\nthird\n");
    EXPECT_EQ(tail_of_file(path("none"), 10), "");
}

TEST(TemporaryDirectory, IsPrivateAndGoesWithItsContent) {
    fs::path path;
    {
        auto directory = TemporaryDirectory::create("vtpmlab-test");
        ASSERT_TRUE(directory);
        path = directory->path();
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0700u);
        std::ofstream(path / "file") << "x";
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryDirectory, ReleasedItStays) {
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const fs::path path = directory->release();
    directory = TemporaryDirectory::create("vtpmlab-test");
    EXPECT_TRUE(fs::exists(path));
    fs::remove_all(path);
}

} // namespace
} // namespace vtpmlab
