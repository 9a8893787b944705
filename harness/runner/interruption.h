#pragma once
// "Stop" as the runner hears it: asked once, cases end their step and clean up after themselves;
// asked again, they only tear their cloud down. Every wait of the runner goes through here, so none
// of them outlives a Ctrl-C. Thread-safe.

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace vtpmlab::runner {

class Interruption {
public:
    using Deadline = std::chrono::steady_clock::time_point;
    enum class Urgency {
        none,
        orderly, // finish the step, keep the artefacts, delete the servers, look for leftovers
        hurried, // take the cloud down, nothing else
    };

    // One level further each time it is asked.
    void request();
    [[nodiscard]] Urgency urgency() const;
    [[nodiscard]] bool is_requested() const { return urgency() != Urgency::none; }

    // Waits, and says whether it could wait to the end: no means somebody asked to stop.
    enum class Waited { to_the_end, interrupted };
    [[nodiscard]] Waited wait_until(Deadline deadline) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Urgency urgency_ = Urgency::none;
};

} // namespace vtpmlab::runner
