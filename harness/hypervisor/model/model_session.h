#pragma once
// One call to the model: its lock, and the events it causes, told when the lock is free again.

#include "hypervisor/model/model_hypervisor.h"

namespace vtpmlab::model {

class ModelHypervisor::Session {
public:
    explicit Session(ModelHypervisor& host) : host_(host), lock_(host.mutex_) {}
    // For two hosts: they are locked by the caller, without a deadlock.
    Session(ModelHypervisor& host, std::unique_lock<std::mutex> lock)
        : host_(host), lock_(std::move(lock)) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        lock_.unlock();
        for (const auto& event : events_)
            host_.events_->tell(event);
    }

    void happened(const std::string& uuid, DomainEvent::Kind kind, std::string detail) {
        events_.push_back({uuid, kind, std::move(detail)});
    }

private:
    ModelHypervisor& host_;
    std::unique_lock<std::mutex> lock_;
    std::vector<DomainEvent> events_;
};

} // namespace vtpmlab::model
