// The disk goes to Glance; the TPM does not.
// spec: nova-vtpm §LIF-SNP-1

#include "cloud/compute/operations/operations.h"
#include "cloud/neighbours/image_service.h"

namespace vtpmlab::cloud {

Operation snapshot_instance(std::string image_id) {
    return {"compute_snapshot_instance",
            [image_id = std::move(image_id)](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.snapshot(work.requester, work.server, image_id));
                return work.save([](ServerRecord& record) { record.task_state = TaskState::none; });
            }};
}

Operation backup_instance(std::string image_id, std::string kind, unsigned rotation) {
    return {"compute_backup_instance",
            [image_id = std::move(image_id), kind = std::move(kind),
             rotation](Work& work) -> OrException<void> {
                VTPMLAB_CHECK(work.driver.snapshot(work.requester, work.server, image_id));
                ImageService glance(work.requester.with_service);
                const auto backups = glance.backups(work.server.id, kind);
                if (!backups)
                    return raise("GlanceConnectionFailed", backups.error().message);
                for (std::size_t i = rotation; i < backups->size(); ++i)
                    if (const auto removed = glance.remove((*backups)[i]); !removed)
                        work.context.log.warning("nova-compute", removed.error().message);
                return work.save([](ServerRecord& record) { record.task_state = TaskState::none; });
            }};
}

} // namespace vtpmlab::cloud
