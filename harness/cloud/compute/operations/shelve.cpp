// Of a server without a TPM: its disk goes into an image, its host is freed, and it comes back from
// the image anywhere. spec: nova-vtpm §5.6

#include "cloud/compute/operations/operations.h"
#include "cloud/neighbours/image_service.h"
#include "cloud/neighbours/placement.h"

namespace vtpmlab::cloud {
namespace {

const std::string shelved_image = "shelved_image_id";
const std::string shelved_host = "shelved_host";

} // namespace

Operation shelve_instance(std::string image_id) {
    return {"compute_shelve_instance",
            [image_id = std::move(image_id)](Work& work) -> OrException<void> {
                auto& [context, driver, requester, server] = work;
                VTPMLAB_CHECK(driver.power_off(server));
                VTPMLAB_CHECK(driver.snapshot(requester, server, image_id));
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.system_metadata[shelved_image] = image_id;
                    record.system_metadata[shelved_host] = record.host;
                    record.vm_state = VmState::shelved;
                    record.power_state = PowerState::shut_down;
                    record.task_state = TaskState::shelving_offloading;
                }));
                if (const auto gone = driver.destroy(requester, server); !gone)
                    return tl::unexpected(to_exception(gone.error()));
                const auto given_back = Placement(context.nova).remove_allocations(server.id);
                if (!given_back)
                    context.log.warning("nova-compute", given_back.error().message);
                return work.save([](ServerRecord& record) {
                    record.host.clear();
                    record.vm_state = VmState::shelved_offloaded;
                    record.task_state = TaskState::none;
                });
            },
            AfterFailure::set_error};
}

Operation unshelve_instance() {
    return {"compute_unshelve_instance", [](Work& work) -> OrException<void> {
                auto& [context, driver, requester, server] = work;
                // Nova's claim: the server is this host's, also if this service dies of it.
                const auto& name = driver.host().spec.name;
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) { record.host = name; }));
                const auto image = server.system_metadata.find(shelved_image);
                const bool has_image = image != server.system_metadata.end();
                const auto image_id = has_image ? image->second : std::string();
                auto restored = server;
                if (has_image)
                    restored.image.id = image_id;
                if (const auto spawned = driver.spawn(requester, restored); !spawned) {
                    const auto given_back = Placement(context.nova).remove_allocations(server.id);
                    if (!given_back)
                        context.log.warning("nova-compute", given_back.error().message);
                    VTPMLAB_CHECK(work.save([](ServerRecord& record) { record.host.clear(); }));
                    return tl::unexpected(spawned.error().exception);
                }
                if (has_image)
                    if (const auto removed = ImageService(requester.with_service).remove(image_id);
                        !removed)
                        context.log.warning("nova-compute", removed.error().message);
                VTPMLAB_CHECK(work.save([&](ServerRecord& record) {
                    record.launched_at = context.clock->now();
                    record.system_metadata.erase(shelved_image);
                    record.system_metadata.erase(shelved_host);
                }));
                return work.settle(VmState::active, PowerState::running);
            }};
}

} // namespace vtpmlab::cloud
