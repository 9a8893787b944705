#include "process/sub_ids.h"

#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

TEST(SubIds, AreFoundByNameOrByNumber) {
    EXPECT_EQ(find_sub_ids("alice:100000:65536\nbob:165536:65536\n", "bob", 1001),
              (IdRange{165536, 65536}));
    EXPECT_EQ(find_sub_ids("1001:7:65536", "bob", 1001), (IdRange{7, 65536}));
}

TEST(SubIds, AreTheLargestRangeOfTheUser) {
    EXPECT_EQ(find_sub_ids("bob:1:10\nbob:100:65536\nbob:5:20\n", "bob", 1001),
              (IdRange{100, 65536}));
}

TEST(SubIds, AreNotReadFromBrokenLines) {
    for (const char* text : {"", "\n", "bob", "bob:1", "bob:x:10", "bob:1:99999999999", "bob:-1:5",
                             "bob:1:2:3", "# bob:1:2", "bobby:1:2", "bob:1:2 "})
        EXPECT_EQ(find_sub_ids(text, "bob", 1001), std::nullopt) << text;
}

TEST(UserName, IsTheNumberOfWhoHasNone) {
    EXPECT_EQ(user_name(0), "root");
    EXPECT_EQ(user_name(3999999999), "uid 3999999999");
}

} // namespace
} // namespace vtpmlab
