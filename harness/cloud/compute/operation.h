#pragma once
// One operation of nova-compute on one server of its host: what runs under the server's lock, which
// event it is in the server's history, and what a failure does to the server's state. The
// operations themselves are in compute/operations, one file each.

#include "cloud/compute/driver.h"
#include "cloud/context.h"
#include "cloud/exception.h"

#include <functional>
#include <string>

namespace vtpmlab::cloud {

// What an operation works with; alive while it runs.
struct Work {
    Context& context;
    Driver& driver;
    Requester& requester;
    ServerRecord& server; // as the store has it
    // Makes the change in the store and in `server`. An error: the server is gone, or on its way.
    [[nodiscard]] OrException<void> save(const std::function<void(ServerRecord&)>& change) const;
    // The usual end: a new state, no task.
    [[nodiscard]] OrException<void> settle(VmState vm_state, PowerState power_state) const;
};

enum class AfterFailure {
    clear_task, // the server is as it was, with a fault
    set_error,
};

struct Operation {
    std::string event; // "compute_stop_instance"
    std::function<OrException<void>(Work&)> run;
    AfterFailure after_failure = AfterFailure::clear_task;
    // Whether it may begin, and save, when the server is being deleted.
    enum class WhileDeleting { refused, allowed, is_the_deletion };
    WhileDeleting while_deleting = WhileDeleting::refused;
};

} // namespace vtpmlab::cloud
