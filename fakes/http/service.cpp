#include "http/service.h"

#include "http/server.h"

#include <utility>

namespace vtpmlab::http {

ServerConfig server_of(std::string service, const ServiceConfig& config) {
    ServerConfig server;
    server.service = std::move(service);
    server.address = config.binding.address;
    server.port = config.binding.port;
    server.journal = config.journal;
    server.steering = config.steering;
    server.clock = clock_of(config);
    return server;
}

ServerConfig server_of(std::string service, const GuardedServiceConfig& config) {
    const ServiceConfig& of_all = config;
    ServerConfig server = server_of(std::move(service), of_all);
    server.validator = config.validator;
    server.keystone_url = config.keystone_url;
    return server;
}

std::shared_ptr<const Clock> clock_of(const ServiceConfig& config) {
    return config.clock ? config.clock : std::make_shared<SystemClock>();
}

} // namespace vtpmlab::http
