// What services do from time to time: by real time, and by a clock that somebody moves.

#include "cloud/periodic_schedule.h"
#include "cloud/periodic_timer.h"
#include "cloud_fixture.h"

#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>

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

// A time that a test's task was done at, in seconds from the start: "a60".
class Schedule : public testing::Test {
protected:
    PeriodicTask task(char name, std::chrono::seconds interval) {
        return {interval, [this, name] { done_.push_back(name + std::to_string(seconds(now_))); }};
    }
    void run_until(PeriodicSchedule& schedule, std::chrono::seconds until) {
        schedule.run_until(begun + until, [this](Clock::Time time) { now_ = time; });
    }
    static long seconds(Clock::Time time) {
        return static_cast<long>(
            std::chrono::duration_cast<std::chrono::seconds>(time - begun).count());
    }
    std::vector<std::string> done() { return std::exchange(done_, {}); }

    static constexpr Clock::Time begun{std::chrono::hours{1000}};

private:
    Clock::Time now_ = begun;
    std::vector<std::string> done_;
};

TEST_F(Schedule, DoesEachTaskAsOftenAsItsIntervalFallsIntoTheTime) {
    PeriodicSchedule schedule({task('a', 60s), task('b', 150s), task('c', 1800s)}, begun);
    run_until(schedule, 59s);
    EXPECT_THAT(done(), testing::IsEmpty());
    run_until(schedule, 60s);
    EXPECT_THAT(done(), testing::ElementsAre("a60")) << "also when it is due just then";
    run_until(schedule, 60s);
    EXPECT_THAT(done(), testing::IsEmpty()) << "once is enough";
    run_until(schedule, 310s);
    EXPECT_THAT(done(), testing::ElementsAre("a120", "b150", "a180", "a240", "a300", "b300"));
    run_until(schedule, 100s);
    EXPECT_THAT(done(), testing::IsEmpty()) << "time does not go back";
    run_until(schedule, 360s);
    EXPECT_THAT(done(), testing::ElementsAre("a360"));
}

TEST_F(Schedule, IsBoundedAndThenInStep) {
    const auto most = PeriodicSchedule::most_times;
    PeriodicSchedule schedule({task('a', 60s), task('b', 3600s)}, begun);
    run_until(schedule, most * 60s);
    EXPECT_EQ(std::ssize(done()), most + most / 60) << "so often nothing is left out";
    // A year and a half minute.
    const auto late = std::chrono::seconds(most * 60s + 365 * 24h + 30s);
    run_until(schedule, late);
    const auto times = std::ssize(done());
    EXPECT_GT(times, most / 2);
    EXPECT_LE(times, 2 * most);
    run_until(schedule, late + 60s);
    const auto next = (late.count() / 60 + 1) * 60;
    EXPECT_THAT(done(), testing::Contains("a" + std::to_string(next)))
        << "a task that was left out at times is due as if it had not been";
}

TEST_F(Schedule, MayHaveNothingToDo) {
    PeriodicSchedule schedule({}, begun);
    run_until(schedule, 1h);
    EXPECT_THAT(done(), testing::IsEmpty());
}

using Periodic = CloudTest;

// The reaper comes every half hour, whatever else is done before.
TEST_F(Periodic, TimeThatSomebodyMovesDoesWhatFallsIntoIt) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    CloudOptions options;
    options.clock = clock;
    start(options);
    const auto pass = [&](std::chrono::microseconds by) {
        const auto until = clock->now() + by;
        const auto reach = [&](Clock::Time time) {
            if (clock->now() < time)
                clock->advance(time - clock->now());
        };
        cloud_->run_periodic_tasks(until, reach);
        reach(until);
    };
    const auto id = create_active({{"hw:tpm_version", "2.0"}});
    compute().kill();
    pass(2min);
    remove(id);
    ASSERT_TRUE(compute().start());
    pass(27min);
    EXPECT_EQ(hypervisor().domains()->size(), 1u);
    pass(1min);
    EXPECT_THAT(*hypervisor().domains(), testing::IsEmpty());
}

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
