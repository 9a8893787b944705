// The disk goes to Glance; the TPM does not.
// spec: nova-vtpm §LIF-SNP-1

#include "cloud/compute/operations/operations.h"

namespace vtpmlab::cloud {

Operation snapshot_instance(std::string image_id) {
    return {"compute_snapshot_instance",
            [image_id = std::move(image_id)](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.snapshot(work.requester, work.server, image_id));
                return work.save([](ServerRecord& record) { record.task_state = TaskState::none; });
            }};
}

} // namespace vtpmlab::cloud
