// What services do from time to time, by real time.

#include "cloud/periodic_timer.h"
#include "cloud_fixture.h"

#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

namespace vtpmlab::cloud {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool comes_true(Condition&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

TEST(PeriodicTimer, RunsEachTaskAtItsOwnIntervalUntilItGoes) {
    std::atomic<int> often = 0, seldom = 0, never = 0;
    {
        const PeriodicTimer timer(
            {{1ms, [&] { ++often; }}, {5ms, [&] { ++seldom; }}, {1h, [&] { ++never; }}});
        ASSERT_TRUE(comes_true([&] { return often >= 5 && seldom >= 2; }));
    }
    const int last = often;
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(often, last) << "it goes on after its end";
    EXPECT_EQ(never, 0) << "not at once, but an interval later";
}

TEST(PeriodicTimer, WaitsForTheTaskThatRuns) {
    std::atomic<bool> begun = false, ended = false;
    {
        const PeriodicTimer timer({{1ms, [&] {
                                        begun = true;
                                        std::this_thread::sleep_for(20ms);
                                        ended = true;
                                    }}});
        ASSERT_TRUE(comes_true([&] { return begun.load(); }));
    }
    EXPECT_TRUE(ended);
}

std::ptrdiff_t threads() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(PeriodicTimer, WithoutTasksNeedsNoThread) {
    const auto before = threads();
    const PeriodicTimer idle({});
    EXPECT_EQ(threads(), before);
    const PeriodicTimer timer({{1h, [] {}}});
    EXPECT_EQ(threads(), before + 1);
}

using Periodic = CloudTest;

// spec: nova-vtpm §LIF-HST-3
TEST_F(Periodic, AGuestThatFellOverIsNoticedByTimeAlone) {
    CloudOptions options;
    options.has_periodic_tasks = true;
    options.compute.sync_power_state_interval = 1s;
    start(options);
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    ASSERT_TRUE(hypervisor().machine().kill_qemu(id));
    EXPECT_TRUE(comes_true([&] {
        return call("owner", "GET", "/servers/" + id).body["server"]["status"] == "SHUTOFF";
    }));
    static_cast<void>(wait_for(id, "SHUTOFF"));
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-DEL-6
TEST_F(Periodic, ASoftlyDeletedServerIsReclaimedByTimeAlone) {
    CloudOptions options;
    options.has_periodic_tasks = true;
    options.compute.periodic_interval = 1s;
    options.compute.reclaim_instance_interval = 1s;
    start(options);
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    EXPECT_TRUE(comes_true([&] { return call("admin", "GET", "/servers/" + id).status == 404; }));
    expect_nothing_left();
}

} // namespace
} // namespace vtpmlab::cloud
