#include "core/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

const std::vector<std::string> verbs = {"server-create", "server-delete", "expect-tpm"};

TEST(DidYouMean, FindsTheNearestWord) {
    EXPECT_EQ(did_you_mean("server-crate", verbs), "server-create");
    EXPECT_EQ(did_you_mean("expect-tmp", verbs), "expect-tpm");
}

TEST(DidYouMean, SaysNothingWhenNothingIsNear) {
    EXPECT_EQ(did_you_mean("boot", verbs), std::nullopt);
    EXPECT_EQ(did_you_mean("", verbs), std::nullopt);
    EXPECT_EQ(did_you_mean(std::string(10'000, 'x'), verbs), std::nullopt);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("a\x1b[2Jb\n\tc\xff"), "a\\x1b[2Jb\n\tc\\xff");
}

TEST(Printable, CutsWhatIsTooLong) { EXPECT_EQ(printable("abcdef", 3), "abc…"); }

} // namespace
} // namespace vtpmlab
