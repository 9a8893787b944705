#include "runner/interruption.h"

namespace vtpmlab::runner {

void Interruption::request() {
    {
        const std::lock_guard lock(mutex_);
        urgency_ = urgency_ == Urgency::none ? Urgency::orderly : Urgency::hurried;
    }
    changed_.notify_all();
}

Interruption::Urgency Interruption::urgency() const {
    const std::lock_guard lock(mutex_);
    return urgency_;
}

Interruption::Waited Interruption::wait_until(Deadline deadline) const {
    std::unique_lock lock(mutex_);
    const bool stopped =
        changed_.wait_until(lock, deadline, [this] { return urgency_ != Urgency::none; });
    return stopped ? Waited::interrupted : Waited::to_the_end;
}

} // namespace vtpmlab::runner
