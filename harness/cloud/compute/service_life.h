#pragma once
// Whether a compute service runs, and its death between two steps. The death of a process tidies
// nothing up and answers nobody, so it is an exception of C++, the one there is here: it passes all
// the code that cleans up after failures, and ends where the service takes its work in.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::cloud {

class ServiceLife;

struct ServiceDied {
    const ServiceLife* whose;
};

class ServiceLife {
public:
    // Runs the task now, or keeps it until the service runs again, in the order of arrival.
    void cast(std::function<void()> task);
    // Done when this returns; false, and nothing done, when the service does not run.
    [[nodiscard]] bool call(const std::function<void()>& task);

    // Throws ServiceDied when the service is dead, or was to die after this step.
    void reached(std::string_view step);
    void check();

    // Both return when no task runs any more; stop() lets them come to their end.
    void stop();
    void kill();
    void kill_after(std::string step);

    [[nodiscard]] bool is_running() const;
    // Steps may be done again; tasks still wait. Waits for what a death has left unwinding.
    void begin_start();
    void abandon_start();
    // Does the tasks that waited, then runs.
    void finish_start();

private:
    enum class State { down, starting, running, stopping, dying };
    [[nodiscard]] bool is_dead() const { return state_ == State::down || state_ == State::dying; }
    void run(const std::function<void()>& task);

    mutable std::mutex mutex_;
    std::condition_variable idle_;
    State state_ = State::starting;
    std::string dies_after_;
    unsigned busy_ = 0;
    std::vector<std::function<void()>> waiting_;
};

} // namespace vtpmlab::cloud
