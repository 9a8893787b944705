#include "cloud/compute/operation.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

OrException<void> Work::save(const std::function<void(ServerRecord&)>& change) const {
    driver.life().check();
    auto saved = context.store.change_server(server.id, [&](ServerRecord& record) {
        change(record);
        record.updated_at = context.clock->now();
    });
    if (!saved)
        return tl::unexpected(
            Exception{"DBError", saved.error().message, Exception::Origin::other});
    if (!*saved)
        return raise("InstanceNotFound", fmt::format("Instance {} could not be found.", server.id));
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
