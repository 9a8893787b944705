#include "client/idle_connections.h"

#include <algorithm>
#include <utility>

namespace vtpmlab::client {

IdleConnections& IdleConnections::of_this_process() {
    static IdleConnections pool;
    return pool;
}

std::unique_ptr<httplib::Client> IdleConnections::take(const std::string& origin) {
    std::deque<Idle> forgotten; // closed after the lock is given back
    {
        const std::lock_guard lock(mutex_);
        forget_old_ones(forgotten);
        const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                        [&](const Idle& idle) { return idle.origin == origin; });
        if (found != idle_.rend()) {
            auto connection = std::move(found->connection);
            idle_.erase(std::next(found).base());
            return connection;
        }
    }
    auto connection = std::make_unique<httplib::Client>(origin);
    if (!connection->is_valid())
        return nullptr;
    connection->set_keep_alive(true);
    connection->set_tcp_nodelay(true);
    connection->set_url_encode(false); // the caller has done it; %2F must stay %2F
    return connection;
}

void IdleConnections::put_back(const std::string& origin,
                               std::unique_ptr<httplib::Client> connection) {
    std::deque<Idle> forgotten; // outlives the lock
    const std::lock_guard lock(mutex_);
    idle_.push_back({origin, std::move(connection), Clock::now()});
    forget_old_ones(forgotten);
}

std::size_t IdleConnections::size() {
    const std::lock_guard lock(mutex_);
    return idle_.size();
}

void IdleConnections::forget_old_ones(std::deque<Idle>& forgotten) {
    const auto oldest = Clock::now() - longest_rest;
    while (!idle_.empty() && (idle_.size() > most || idle_.front().since < oldest)) {
        forgotten.push_back(std::move(idle_.front()));
        idle_.pop_front();
    }
}

} // namespace vtpmlab::client
