#include "core/copy.h"
#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

class CopyTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(make_directories(from_ / "uuid/tpm2"));
        ASSERT_TRUE(write_file(from_ / "uuid/tpm2/blob", "0123456789", FileMode::owner_only));
        fs::permissions(from_ / "uuid/tpm2", fs::perms(0700));
        fs::permissions(from_ / "uuid", fs::perms(0711));
    }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
    fs::path from_ = directory_.path() / "from";
    fs::path to_ = directory_.path() / "deep/to";
};

TEST_F(CopyTest, KeepsContentsAndModes) {
    ASSERT_TRUE(copy_between_hosts(from_, to_));
    EXPECT_EQ(read_file(to_ / "uuid/tpm2/blob").value(), "0123456789");
    EXPECT_EQ(fs::status(to_ / "uuid").permissions(), fs::perms(0711));
    EXPECT_EQ(fs::status(to_ / "uuid/tpm2").permissions(), fs::perms(0700));
    EXPECT_EQ(fs::status(to_ / "uuid/tpm2/blob").permissions(), fs::perms(0600));
    EXPECT_TRUE(copy_between_hosts(from_ / "uuid/tpm2/blob", to_ / "one"));
    EXPECT_EQ(read_file(to_ / "one").value(), "0123456789");
}

TEST_F(CopyTest, LeavesNamesWhereThereIsNoSpace) {
    ASSERT_TRUE(copy_names(from_, to_));
    EXPECT_EQ(read_file(to_ / "uuid/tpm2/blob").value(), "");
    EXPECT_EQ(fs::status(to_ / "uuid/tpm2").permissions(), fs::perms(0700));
    EXPECT_EQ(read_file(from_ / "uuid/tpm2/blob").value(), "0123456789");
    EXPECT_EQ(no_space_left("/swtpm/uuid"), "[Errno 28] No space left on device: '/swtpm/uuid'");
}

TEST_F(CopyTest, BreaksOffInTheMiddleOfAFile) {
    const Status copied = copy_between_hosts(from_, to_, CopyBreaksOff::half_way);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().kind, ErrorKind::product);
    EXPECT_EQ(copied.error().message, "scp: blob: Connection closed by remote host");
    EXPECT_EQ(read_file(to_ / "uuid/tpm2/blob").value(), "01234");
}

TEST_F(CopyTest, FollowsNoLinks) {
    fs::create_symlink("/etc/passwd", from_ / "uuid/link");
    ASSERT_TRUE(copy_between_hosts(from_, to_));
    EXPECT_FALSE(fs::exists(fs::symlink_status(to_ / "uuid/link")));
}

TEST_F(CopyTest, SaysWhatIsNotThere) {
    const Status copied = copy_between_hosts(from_ / "nothing", to_);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().message, "cannot copy " + (from_ / "nothing").string() + " to " +
                                          to_.string() + ": No such file or directory");
    EXPECT_EQ(copied.error().hint, "is it there, and is there room on the disk?");
}

} // namespace
} // namespace vtpmlab
