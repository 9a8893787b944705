#include "cloud/compute/operation.h"

#include "cloud/compute/overtaken.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

OrException<void> Work::save(const std::function<void(ServerRecord&)>& change) const {
    driver.life().check();
    bool is_overtaken = false;
    auto saved = context.store.change_server(server.id, [&](ServerRecord& record) {
        auto changed = record;
        change(changed);
        // A deletion that began meanwhile keeps its task, and the host on which it will be done; a
        // soft one that is over keeps everything (nova: expected_task_state).
        is_overtaken = is_deletion(record.task_state)
                           ? changed.task_state != record.task_state || changed.host != record.host
                           : is_softly_deleted(record);
        if (is_overtaken)
            return;
        record = std::move(changed);
        record.updated_at = context.clock->now();
    });
    if (!saved)
        return tl::unexpected(
            Exception{"DBError", saved.error().message, Exception::Origin::other});
    if (!*saved)
        return raise("InstanceNotFound", fmt::format("Instance {} could not be found.", server.id));
    if (is_overtaken)
        return being_deleted();
    server = std::move(**saved);
    return {};
}

OrException<void> Work::settle(VmState vm_state, PowerState power_state) const {
    return save([&](ServerRecord& record) {
        record.vm_state = vm_state;
        record.power_state = power_state;
        record.task_state = TaskState::none;
    });
}

} // namespace vtpmlab::cloud
