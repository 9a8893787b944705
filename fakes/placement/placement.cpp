#include "placement/placement.h"

#include "http/head_refusal.h"
#include "http/server.h"
#include "placement/routes.h"
#include "placement/store.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::placement {

class Placement::Impl {
public:
    std::unique_ptr<Store> store;
    std::shared_ptr<const Clock> clock;
    std::unique_ptr<http::Server> server;
};

namespace {

http::Response versions(Parts parts, const http::Request& request) {
    return fresh_json(
        200,
        {{"versions",
          nlohmann::json::array(
              {{{"id", "v1.0"},
                {"min_version", "1.0"},
                {"max_version", "1.39"},
                {"status", "CURRENT"},
                {"links", nlohmann::json::array({{{"rel", "self"}, {"href", ""}}})}}})}},
        request, parts);
}

} // namespace

Placement::Placement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Placement::~Placement() = default;

Result<std::unique_ptr<Placement>> Placement::start(PlacementConfig config) {
    auto impl = std::make_unique<Impl>();
    VTPMLAB_TRY(impl->store, Store::open(config.database, config.os_traits_release));
    impl->clock = http::clock_of(config);
    const Parts parts{*impl->store, *impl->clock};

    http::ServerConfig server = http::server_of("placement", config);
    server.routes = {{"GET", "/", [parts](const auto& request) { return versions(parts, request); },
                      http::Access::open}};
    for (auto* table : {provider_routes, provider_detail_routes, inventory_routes, trait_routes,
                        resource_class_routes, allocation_routes, reshaper_routes, usage_routes,
                        candidate_routes})
        for (auto& route : table(parts))
            server.routes.push_back(std::move(route));
    server.routes =
        http::without_head(std::move(server.routes), dialect(), http::HeadRefused::everywhere);
    server.dialect = dialect();
    server.microversions = http::MicroversionRange{"placement", {1, 0}, {1, 39}, {1, 0}, {}};
    server.state = http::state_of(*impl->store);
    VTPMLAB_TRY(impl->server, http::Server::start(std::move(server)));
    return std::unique_ptr<Placement>(new Placement(std::move(impl)));
}

std::string Placement::url() const { return impl_->server->url(); }
void Placement::stop() { impl_->server->stop(); }
Status Placement::keep(const std::string& name) { return impl_->store->snapshot(name); }

std::vector<Placement::Allocation> Placement::allocations() const {
    std::vector<Allocation> found;
    const auto model = impl_->store->read();
    for (const auto& [uuid, consumer] : model->consumers)
        for (const auto& [provider, amounts] : consumer.allocations)
            found.push_back({uuid, provider, model->provider(provider)->name});
    return found;
}

} // namespace vtpmlab::fakes::placement
