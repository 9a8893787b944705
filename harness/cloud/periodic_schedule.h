#pragma once
// The same tasks by a clock that somebody moves: each as often as its interval falls into the time
// that passes, in the order of time. It has no thread; whoever moves the clock does the tasks.

#include "cloud/periodic_timer.h"

#include <vtpmlab/clock.h>

#include <functional>
#include <vector>

namespace vtpmlab::cloud {

class PeriodicSchedule {
public:
    // So often a task is done at most in one call. Of more, every second or every third time and so
    // on is done: a year is not half a million looks at nothing.
    static constexpr long most_times = 1000;

    // Intervals are longer than nothing, and count from `begun`.
    PeriodicSchedule(std::vector<PeriodicTask> tasks, Clock::Time begun);

    // Does what is due by then. `reach` is told of each time before the tasks of that time are
    // done; of equal times the task that was named first goes first.
    void run_until(Clock::Time until, const std::function<void(Clock::Time)>& reach);

private:
    struct Due {
        PeriodicTask task;
        Clock::Time at;
    };
    std::vector<Due> tasks_;
};

} // namespace vtpmlab::cloud
