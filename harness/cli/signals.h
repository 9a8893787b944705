#pragma once
// Ctrl-C and friends, turned into calls on an ordinary thread. SIGINT, SIGTERM and SIGHUP ask the
// run to stop, once and then more urgently; a third one ends the program on the spot, and what it
// leaves is the janitor's.
//
// Handlers and a pipe rather than a blocked mask with sigwait: a mask is inherited by every QEMU,
// swtpm and libvirtd the program starts, a handler is not.

#include "runner/interruption.h"

#include <vtpmlab/result.h>

#include <memory>

namespace vtpmlab::cli {

class SignalWatch {
public:
    // At most one at a time in a process. SIGPIPE stops killing it meanwhile.
    [[nodiscard]] static Result<std::unique_ptr<SignalWatch>>
    start(runner::Interruption& interruption);
    // The handlers that were there before come back.
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    struct State;
    explicit SignalWatch(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace vtpmlab::cli
