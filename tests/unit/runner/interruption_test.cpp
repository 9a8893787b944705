#include "runner/interruption.h"

#include <gtest/gtest.h>

#include <thread>

namespace vtpmlab::runner {
namespace {

using std::chrono::steady_clock;

TEST(Interruption, GetsMoreUrgentEachTime) {
    Interruption interruption;
    EXPECT_EQ(interruption.urgency(), Interruption::Urgency::none);
    interruption.request();
    EXPECT_EQ(interruption.urgency(), Interruption::Urgency::orderly);
    interruption.request();
    interruption.request();
    EXPECT_EQ(interruption.urgency(), Interruption::Urgency::hurried);
}

TEST(Interruption, LetsAWaitGoToItsEnd) {
    const Interruption interruption;
    EXPECT_EQ(interruption.wait_until(steady_clock::now()), Interruption::Waited::to_the_end);
}

TEST(Interruption, EndsEveryWait) {
    Interruption interruption;
    std::jthread other([&] { interruption.request(); });
    EXPECT_EQ(interruption.wait_until(steady_clock::now() + std::chrono::minutes{10}),
              Interruption::Waited::interrupted);
    EXPECT_EQ(interruption.wait_until(steady_clock::now() + std::chrono::minutes{10}),
              Interruption::Waited::interrupted);
}

} // namespace
} // namespace vtpmlab::runner
