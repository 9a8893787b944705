#include "cloud/periodic_schedule.h"

#include <algorithm>
#include <utility>

namespace vtpmlab::cloud {

PeriodicSchedule::PeriodicSchedule(std::vector<PeriodicTask> tasks, Clock::Time begun) {
    for (auto& task : tasks) {
        const auto first = begun + task.interval;
        tasks_.push_back({std::move(task), first});
    }
}

void PeriodicSchedule::run_until(Clock::Time until, const std::function<void(Clock::Time)>& reach) {
    struct Round {
        Due* due;
        Clock::Time::duration step;
    };
    std::vector<Round> rounds;
    for (auto& due : tasks_) {
        if (due.at > until)
            continue;
        const Clock::Time::duration interval = due.task.interval;
        const auto times = (until - due.at) / interval + 1;
        rounds.push_back({&due, interval * ((times + most_times - 1) / most_times)});
    }
    const auto earlier = [](const Round& left, const Round& right) {
        return left.due->at < right.due->at;
    };
    while (!rounds.empty()) {
        const auto next = std::min_element(rounds.begin(), rounds.end(), earlier);
        auto& due = *next->due;
        reach(due.at);
        due.task.run();
        due.at += next->step;
        if (due.at <= until)
            continue;
        // A longer step may have gone past the time it is due next.
        const Clock::Time::duration interval = due.task.interval;
        due.at -= (due.at - until - Clock::Time::duration(1)) / interval * interval;
        rounds.erase(next);
    }
}

} // namespace vtpmlab::cloud
