#pragma once
// Who wants to hear of domains' events, and the telling of them. Thread-safe.

#include <vtpmlab/hypervisor.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace vtpmlab {

class EventHub : public std::enable_shared_from_this<EventHub> {
public:
    [[nodiscard]] static std::shared_ptr<EventHub> create() {
        return std::shared_ptr<EventHub>(new EventHub);
    }

    // Needs nothing of the hub's to live on.
    [[nodiscard]] std::unique_ptr<EventSubscription>
    subscribe(std::function<void(const DomainEvent&)> on_event);
    // One subscriber after the other, on this thread.
    void tell(const DomainEvent& event);

private:
    struct Subscriber {
        std::mutex mutex;
        std::function<void(const DomainEvent&)> on_event; // empty: it is gone
    };
    class Subscription;
    EventHub() = default;

    std::mutex mutex_;
    std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

} // namespace vtpmlab
