// What a private host still has when no server is left on it.

#include "core/host_audit.h"
#include "hypervisor/libvirt/guest_traces.h"
#include "hypervisor/libvirt/private_host.h"

#include <iterator>
#include <utility>

namespace vtpmlab {

Result<std::vector<Leftover>> PrivateHost::leftovers() {
    const std::string& name = config_.spec.name;
    const auto add = [](std::vector<Leftover>& to, std::vector<Leftover> more) {
        to.insert(to.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
    };
    VTPMLAB_TRY(auto left, leftovers_on(name, hypervisor(), instances_directory()));
    VTPMLAB_TRY(const auto domains, hypervisor().domains());
    // After libvirt was asked: a guest that stops meanwhile is gone, not astray.
    std::vector<RunningProcess> running;
    {
        const std::lock_guard lock(mutex_);
        if (sandbox_)
            running = sandbox_->others();
    }
    add(left, stray_processes(name, running, domains));
    for (const auto& directory : layout_.guest_sockets) {
        VTPMLAB_TRY(const auto tree, list_file_tree(directory));
        add(left, stray_sockets(name, directory, tree, domains));
    }
    return left;
}

} // namespace vtpmlab
