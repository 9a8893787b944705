// A refused resume puts the server in ERROR, and its saved memory is lost.
// spec: nova-vtpm §LIF-SUS-1
// spec: nova-vtpm §LIF-SUS-2

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation suspend_instance() {
    return {"compute_suspend_instance",
            [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.suspend(work.server));
                return work.settle(VmState::suspended, PowerState::shut_down);
            },
            AfterFailure::set_error};
}

Operation resume_instance() {
    return {"compute_resume_instance",
            [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.resume(work.requester, work.server));
                return work.settle(VmState::active, PowerState::running);
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
