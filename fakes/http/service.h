#pragma once
// What every service of a cloud is started with, whatever it serves, and what its server takes over
// from that. A service adds its routes, its dialect and its microversions.

#include "http/binding.h"
#include "http/caller.h"
#include "http/control.h"
#include "http/journal.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>

#include <memory>
#include <string>

namespace vtpmlab::http {

struct ServerConfig;

struct ServiceConfig {
    Binding binding = {};
    Journal* journal = nullptr; // outlives the service
    Steering steering = {};
    std::shared_ptr<const Clock> clock = {}; // null: the system's
};

// Of a service that asks Keystone who its callers are.
struct GuardedServiceConfig : ServiceConfig {
    std::shared_ptr<TokenValidator> validator = {};
    std::string keystone_url = {}; // said in a 401
};

// `service` as ServerConfig names it.
[[nodiscard]] ServerConfig server_of(std::string service, const ServiceConfig& config);
[[nodiscard]] ServerConfig server_of(std::string service, const GuardedServiceConfig& config);

[[nodiscard]] std::shared_ptr<const Clock> clock_of(const ServiceConfig& config);

// Of a store with snapshot(NAME) and restore(NAME), which outlives the server.
template <typename Store>
[[nodiscard]] StateKeeper state_of(Store& store) {
    return {[&store](const std::string& name) { return store.snapshot(name); },
            [&store](const std::string& name) { return store.restore(name); }};
}

} // namespace vtpmlab::http
