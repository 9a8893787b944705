#include "barbican/barbican.h"

#include "barbican/routes.h"
#include "barbican/secret_body.h"

namespace vtpmlab::fakes::barbican {

class Barbican::Impl {
public:
    std::shared_ptr<const Clock> clock;
    std::unique_ptr<Store> store;
    std::unique_ptr<Policy> policy;
    std::unique_ptr<http::Server> server; // last: its threads use all above
};

Barbican::Barbican(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Barbican::~Barbican() = default;

Result<std::unique_ptr<Barbican>> Barbican::start(BarbicanConfig config) {
    if (!config.validator)
        return fail(ErrorKind::lab, "barbican has nobody to ask about tokens", {},
                    "give BarbicanConfig a validator");
    auto impl = std::make_unique<Impl>();
    impl->clock = http::clock_of(config);
    VTPMLAB_TRY(impl->store, Store::open(config.database));
    VTPMLAB_TRY(impl->policy, Policy::make(config.policy, config.policy_overrides));

    const Parts parts{*impl->store, *impl->policy, *impl->clock};
    http::ServerConfig server = http::server_of("barbican", config);
    server.routes = version_routes();
    for (auto& routes :
         {secret_routes(parts), metadata_routes(parts), acl_routes(parts), consumer_routes(parts),
          container_routes(parts), order_routes(parts), quota_routes(parts)})
        server.routes.insert(server.routes.end(), routes.begin(), routes.end());
    server.dialect = dialect();
    server.microversions = http::MicroversionRange{"key-manager", {1, 0}, {1, 2}, {1, 0}};
    server.max_body_bytes = max_request_bytes;
    server.state = http::state_of(*impl->store);
    VTPMLAB_TRY(impl->server, http::Server::start(std::move(server)));
    return std::unique_ptr<Barbican>(new Barbican(std::move(impl)));
}

std::string Barbican::url() const { return impl_->server->url(); }
void Barbican::stop() { impl_->server->stop(); }
Status Barbican::keep(const std::string& name) { return impl_->store->snapshot(name); }

std::vector<Leftover> Barbican::leftovers() const {
    std::vector<Leftover> found;
    for (const auto& secret : impl_->store->all())
        found.push_back({"barbican", {}, secret.id + " " + secret.name.value_or("(no name)")});
    return found;
}

} // namespace vtpmlab::fakes::barbican
