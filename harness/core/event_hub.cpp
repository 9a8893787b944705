#include "core/event_hub.h"

#include <utility>

namespace vtpmlab {

class EventHub::Subscription final : public EventSubscription {
public:
    Subscription(std::shared_ptr<EventHub> hub, std::shared_ptr<Subscriber> subscriber)
        : hub_(std::move(hub)), subscriber_(std::move(subscriber)) {}
    ~Subscription() override {
        {
            const std::lock_guard lock(hub_->mutex_);
            std::erase(hub_->subscribers_, subscriber_);
        }
        const std::lock_guard lock(subscriber_->mutex); // until what is under way is told
        subscriber_->on_event = nullptr;
    }

private:
    std::shared_ptr<EventHub> hub_;
    std::shared_ptr<Subscriber> subscriber_;
};

std::unique_ptr<EventSubscription>
EventHub::subscribe(std::function<void(const DomainEvent&)> on_event) {
    auto subscriber = std::make_shared<Subscriber>();
    subscriber->on_event = std::move(on_event);
    {
        const std::lock_guard lock(mutex_);
        subscribers_.push_back(subscriber);
    }
    return std::make_unique<Subscription>(shared_from_this(), std::move(subscriber));
}

void EventHub::tell(const DomainEvent& event) {
    std::vector<std::shared_ptr<Subscriber>> now;
    {
        const std::lock_guard lock(mutex_);
        now = subscribers_;
    }
    for (const auto& subscriber : now) {
        const std::lock_guard lock(subscriber->mutex);
        if (subscriber->on_event)
            subscriber->on_event(event);
    }
}

} // namespace vtpmlab
