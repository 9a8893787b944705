#pragma once
// libvirt's event loop on a thread of its own; without it no keep-alive is sent, and a call to a
// daemon that hangs would wait for ever. The thread lives as long as anybody holds the loop.

#include <atomic>
#include <memory>
#include <thread>

namespace vtpmlab::vir {

class EventLoop {
public:
    // The one loop of this process. libvirt has room for one, registered once and for good. From
    // then on a broken pipe is an error of the call it breaks, not this process's end.
    [[nodiscard]] static std::shared_ptr<EventLoop> shared();

    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

private:
    EventLoop();
    void run();

    int wake_up_ = -1; // a timer: setting it to 0 ends the poll
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace vtpmlab::vir
