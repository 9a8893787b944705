#include "neutron/neutron.h"

#include "http/server.h"
#include "neutron/paging.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::neutron {

using http::Request;
using http::Response;
using nlohmann::json;

class Neutron::Impl {
public:
    std::unique_ptr<http::Server> server;
};

namespace {

struct Collection {
    const char* path;
    const char* key;
    MarkerMissing marker_missing = {};
};

constexpr Collection collections[] = {
    {"networks", "networks", {"NetworkNotFound", "Network {} could not be found."}},
    {"ports", "ports", {"PortNotFound", "Port {} could not be found."}},
    {"subnets", "subnets"},
    {"routers", "routers", {"RouterNotFound", "Router {} could not be found"}},
    {"security-groups", "security_groups"},
    {"security-group-rules", "security_group_rules"},
    {"floatingips", "floatingips"},
    {"agents", "agents"},
    {"subnetpools", "subnetpools"},
    {"address-scopes", "address_scopes"},
    {"rbac-policies", "rbac_policies"},
    {"segments", "segments"},
    {"service-providers", "service_providers"},
    {"network-ip-availabilities", "network_ip_availabilities"},
    {"availability_zones", "availability_zones"},
};

http::Outcome<Response> empty_page(const Request& request, const Collection& collection) {
    VTPMLAB_TRY(const json links, page_links(request, collection.marker_missing));
    json body = {{collection.key, json::array()}};
    if (!links.is_null())
        body[std::string(collection.key) + "_links"] = links;
    return Response::json(200, body);
}

// Of nothing but extensions there are no pages.
Response extensions(const Request&) { return Response::json(200, {{"extensions", json::array()}}); }

http::Handler missing(const char* path) {
    return [path](const Request& request) -> http::Outcome<Response> {
        return http::refuse(
            404, fmt::format("{} {} could not be found.", path, request.parameter("id")));
    };
}

// Neutron's own defaults; -1 is no limit.
Response quota(const Request&) {
    return Response::json(200, {{"quota",
                                 {{"network", 100},
                                  {"subnet", 100},
                                  {"subnetpool", -1},
                                  {"port", 500},
                                  {"router", 10},
                                  {"floatingip", 50},
                                  {"rbac_policy", 10},
                                  {"security_group", 10},
                                  {"security_group_rule", 100}}}});
}

json version_of(const Request& request) {
    return {{"id", "v2.0"},
            {"status", "CURRENT"},
            {"links", json::array({{{"rel", "self"}, {"href", request.base_url + "/v2.0/"}}})}};
}

class NeutronDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request&) const override {
        const std::string type = !fault.code.empty()   ? fault.code
                                 : fault.status == 404 ? "HTTPNotFound"
                                                       : "NeutronError";
        return Response::json(
            fault.status,
            {{"NeutronError", {{"type", type}, {"message", fault.message}, {"detail", ""}}}});
    }
};

} // namespace

Neutron::Neutron(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Neutron::~Neutron() = default;

Result<std::unique_ptr<Neutron>> Neutron::start(NeutronConfig config) {
    http::ServerConfig server = http::server_of("neutron", config);
    server.routes = {
        {"GET", "/",
         [](const Request& r) {
             return Response::json(200, {{"versions", json::array({version_of(r)})}});
         },
         http::Access::open},
        {"GET", "/v2.0",
         [](const Request&) {
             return Response::json(200, {{"resources", json::array()}});
         }},
        {"GET", "/v2.0/extensions", extensions},
        {"GET", "/v2.0/extensions/{id}", missing("extensions")},
        {"GET", "/v2.0/quotas/{project}", quota},
        {"GET", "/v2.0/quotas/{project}/default", quota},
    };
    for (const auto& collection : collections) {
        server.routes.push_back(
            {"GET", fmt::format("/v2.0/{}", collection.path),
             [&collection](const Request& request) { return empty_page(request, collection); }});
        server.routes.push_back(
            {"GET", fmt::format("/v2.0/{}/{{id}}", collection.path), missing(collection.path)});
    }
    server.dialect = std::make_shared<NeutronDialect>();
    auto impl = std::make_unique<Impl>();
    VTPMLAB_TRY(impl->server, http::Server::start(std::move(server)));
    return std::unique_ptr<Neutron>(new Neutron(std::move(impl)));
}

std::string Neutron::url() const { return impl_->server->url(); }
void Neutron::stop() { impl_->server->stop(); }

} // namespace vtpmlab::fakes::neutron
