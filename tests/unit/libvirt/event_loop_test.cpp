#include "hypervisor/libvirt/event_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace vtpmlab::vir {
namespace {

// A write to a pipe that nobody reads any more.
int write_to_nobody() {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0)
        return -1;
    ::close(ends[0]);
    const auto written = ::write(ends[1], "x", 1);
    ::close(ends[1]);
    return static_cast<int>(written);
}

TEST(EventLoopDeathTest, ABrokenPipeEndsTheProcessOnlyBefore) {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(std::signal(SIGPIPE, SIG_DFL); write_to_nobody();
                std::exit(0), testing::KilledBySignal(SIGPIPE), "");
    EXPECT_EXIT(std::signal(SIGPIPE, SIG_DFL); const auto loop = EventLoop::shared();
                std::_Exit(write_to_nobody() == -1 ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(EventLoop, LeavesTheHandlerSomebodySet) {
    void (*const mine)(int) = [](int) {};
    const auto before = std::signal(SIGPIPE, mine);
    const auto loop = EventLoop::shared();
    EXPECT_EQ(std::signal(SIGPIPE, before), mine);
}

} // namespace
} // namespace vtpmlab::vir
