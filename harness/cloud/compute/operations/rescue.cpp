// Of a server without a TPM. A rescue image that asks for one finds no secret for it.
// spec: nova-vtpm §LIF-BLK-3

#include "cloud/compute/operations/operations.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

Operation rescue_instance() {
    return {"compute_rescue_instance",
            [](Work& work) -> OrException<void> {
                if (const auto rescued = work.driver.rescue(work.requester, work.server); !rescued)
                    return raise("InstanceNotRescuable",
                                 fmt::format("Instance {} cannot be rescued: Driver Error: {}",
                                             work.server.id, rescued.error().message));
                return work.settle(VmState::rescued, PowerState::running);
            },
            AfterFailure::set_error};
}

Operation unrescue_instance() {
    return {"compute_unrescue_instance",
            [](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.unrescue(work.requester, work.server));
                VTPMLAB_CHECK(work.save([](ServerRecord& record) { record.rescue_image.reset(); }));
                return work.settle(VmState::active, PowerState::running);
            },
            AfterFailure::set_error};
}

} // namespace vtpmlab::cloud
