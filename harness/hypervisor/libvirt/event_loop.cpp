#include "hypervisor/libvirt/event_loop.h"

#include <libvirt/libvirt.h>

#include <csignal>
#include <mutex>

namespace vtpmlab::vir {
namespace {

// libvirt's client writes to its sockets with a plain write(): a daemon that ends between two calls
// would end this process, without a word. Who handles the signal goes on handling it.
void survive_broken_pipes() {
    struct sigaction now {};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
        static_cast<void>(std::signal(SIGPIPE, SIG_IGN)); // cannot fail for a signal that is there
}

} // namespace

std::shared_ptr<EventLoop> EventLoop::shared() {
    static std::mutex mutex;
    static std::weak_ptr<EventLoop> current;
    const std::lock_guard lock(mutex);
    auto loop = current.lock();
    if (!loop) {
        survive_broken_pipes();
        static const int registered = virEventRegisterDefaultImpl();
        static_cast<void>(registered); // fails only without memory
        loop = std::shared_ptr<EventLoop>(new EventLoop);
        current = loop;
    }
    return loop;
}

EventLoop::EventLoop()
    : wake_up_(virEventAddTimeout(
          -1, [](int timer, void*) { virEventUpdateTimeout(timer, -1); }, nullptr, nullptr)),
      thread_([this] { run(); }) {}

EventLoop::~EventLoop() {
    stopping_ = true;
    virEventUpdateTimeout(wake_up_, 0);
    thread_.join();
    virEventRemoveTimeout(wake_up_);
}

void EventLoop::run() {
    while (!stopping_)
        if (virEventRunDefaultImpl() < 0)
            return; // keep-alives stop, so every connection breaks and says so
}

} // namespace vtpmlab::vir
