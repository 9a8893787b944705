#include "cli/guest_directory.h"
#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

TEST(GuestDirectory, IsWhereTheUserSaysEvenWhenItIsNotThere) {
    EXPECT_EQ(find_guest_directory({"/asked", "/environment", "/bin/vtpmlab"}), "/asked");
    EXPECT_EQ(find_guest_directory({"", "/environment", "/bin/vtpmlab"}), "/environment");
}

TEST(GuestDirectory, IsBesideTheProgramInABuildTreeAndWhenInstalled) {
    EXPECT_THAT(guest_directories({"", "", "/p/build/dev/bin/vtpmlab"}),
                testing::ElementsAre("/p/build/dev/guest", "/p/build/dev/share/vtpmlab/guest"));
    EXPECT_THAT(guest_directories({"", "", "/usr/local/bin/vtpmlab"}),
                testing::Contains(fs::path("/usr/local/share/vtpmlab/guest")));
}

TEST(GuestDirectory, IsTheFirstThatHoldsAGuest) {
    auto prefix = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(prefix);
    const fs::path installed = prefix->path() / "share/vtpmlab/guest";
    ASSERT_TRUE(make_directories(installed));
    ASSERT_TRUE(write_file(installed / "vmlinuz", "k"));
    EXPECT_FALSE(holds_guest(installed));
    ASSERT_TRUE(write_file(installed / "initramfs", "r"));
    EXPECT_TRUE(holds_guest(installed));
    EXPECT_EQ(find_guest_directory({"", "", prefix->path() / "bin/vtpmlab"}), installed);
}

} // namespace
} // namespace vtpmlab::cli
