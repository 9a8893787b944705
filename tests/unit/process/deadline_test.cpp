#include "process/deadline.h"

#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;

TEST(Deadline, HasNoTimeLeftOnceItPassed) {
    const Deadline deadline = Deadline::in(-1ms);
    EXPECT_TRUE(deadline.has_passed());
    EXPECT_EQ(deadline.left(), 0ms);
}

TEST(Deadline, AsksAtLeastOnceAfterItPassed) {
    EXPECT_TRUE(wait_until(Deadline::in(-1ms), [] { return true; }));
    EXPECT_FALSE(wait_until(Deadline::in(-1ms), [] { return false; }));
}

TEST(Deadline, StopsAskingWhenTheAnswerIsYes) {
    int asked = 0;
    EXPECT_TRUE(wait_until(Deadline::in(1h), [&] { return ++asked == 3; }));
    EXPECT_EQ(asked, 3);
}

} // namespace
} // namespace vtpmlab
