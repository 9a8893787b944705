#include "core/files.h"
#include "runner/out_directory.h"

#include <gtest/gtest.h>

namespace vtpmlab::runner {
namespace {

namespace fs = std::filesystem;

TEST(DirectoryName, IsOnePlainPathComponent) {
    EXPECT_EQ(directory_name("tis_by_default[tpm=2.0-crb,asked_by=image]"),
              "tis_by_default.tpm=2.0-crb.asked_by=image");
    EXPECT_EQ(directory_name("old/a b\n"), "old.a_b_");
    EXPECT_EQ(directory_name("../x"), "_...x");
    EXPECT_EQ(directory_name(""), "_");
    EXPECT_LE(directory_name(std::string(500, 'a')).size(), 120U);
}

TEST(OutDirectory, GivesEveryCaseADirectoryOfItsOwn) {
    auto temporary = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(temporary);
    auto out = OutDirectory::claim(temporary->path() / "out");
    ASSERT_TRUE(out);
    EXPECT_EQ(out->reserve("a[x=1]"), "a.x=1");
    EXPECT_EQ(out->reserve("a,x=1"), "a.x=1~2");
}

TEST(OutDirectory, BelongsToOneRunAtATime) {
    auto temporary = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(temporary);
    const fs::path path = temporary->path() / "out";
    {
        auto first = OutDirectory::claim(path);
        ASSERT_TRUE(first);
        auto second = OutDirectory::claim(path);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, ErrorKind::usage);
        EXPECT_EQ(second.error().message,
                  "another run of vtpmlab is writing to '" + path.string() + "'");
        EXPECT_EQ(second.error().hint, "wait for it, or choose another directory with --out");
    }
    EXPECT_TRUE(OutDirectory::claim(path));
}

TEST(OutDirectory, NeverTouchesWhatItDidNotMake) {
    auto temporary = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(temporary);
    ASSERT_TRUE(write_file(temporary->path() / "thesis.txt", "years of work"));
    auto out = OutDirectory::claim(temporary->path());
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().kind, ErrorKind::usage);
    EXPECT_EQ(out.error().message,
              "'" + temporary->path().string() + "' is not empty and was not made by vtpmlab");
}

TEST(OutDirectory, EmptiesTheDirectoryOfACaseThatRunsAgain) {
    auto temporary = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(temporary);
    auto out = OutDirectory::claim(temporary->path() / "out");
    ASSERT_TRUE(out);
    const auto first = out->make("a");
    ASSERT_TRUE(first);
    ASSERT_TRUE(write_file(*first / "probe-s1.json", "{}"));
    const auto again = out->make("a");
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *first);
    EXPECT_TRUE(fs::is_empty(*again));
}

TEST(OutDirectory, IsNoFile) {
    const auto directory = TemporaryDirectory::create("vtpmlab-test").value();
    ASSERT_TRUE(write_file(directory.path() / "out", "years of work"));
    const auto out = OutDirectory::claim(directory.path() / "out");
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().kind, ErrorKind::usage);
    EXPECT_EQ(out.error().message,
              "'" + (directory.path() / "out").string() + "' is not a directory");
}

TEST(OutDirectory, NamesADirectoryItCannotMake) {
    const auto out = OutDirectory::claim("/proc/no-such-place/out");
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().kind, ErrorKind::lab);
    EXPECT_NE(out.error().message.find("/proc/no-such-place/out"), std::string::npos);
}

} // namespace
} // namespace vtpmlab::runner
