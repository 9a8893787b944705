#include "keystone/keystone.h"

#include "http/server.h"
#include "keystone/catalog.h"
#include "keystone/identifiers.h"
#include "keystone/routes.h"
#include "keystone/store.h"
#include "keystone/tokens.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {

class Keystone::Impl {
public:
    Impl(std::unique_ptr<Store> opened, std::shared_ptr<const Clock> clock,
         std::chrono::seconds token_lifetime)
        : store(std::move(opened)), catalog(*store),
          tokens(*store, catalog, std::move(clock), token_lifetime) {}

    // The id of the resource of that name, made if there is none.
    std::string ensure(Kind kind, std::string_view domain_id, nlohmann::json body) {
        const auto name = body["name"].get<std::string>();
        if (const auto found = store->find_named(kind, domain_id, name))
            return (*found)["id"].get<std::string>();
        if (!body.contains("id"))
            body["id"] = new_id();
        (void)store->insert(kind, body);
        return body["id"].get<std::string>();
    }

    std::string ensure_role(std::string_view name) {
        return ensure("role", "",
                      {{"name", name},
                       {"domain_id", nullptr},
                       {"description", nullptr},
                       {"options", nlohmann::json::object()}});
    }

    std::unique_ptr<Store> store;
    Catalog catalog;
    Tokens tokens;
    std::unique_ptr<http::Server> server;
};

Keystone::Keystone(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Keystone::~Keystone() = default;

Result<std::unique_ptr<Keystone>> Keystone::start(KeystoneConfig config) {
    VTPMLAB_TRY(auto opened, Store::open(config.database));
    const auto clock = http::clock_of(config);
    auto impl = std::make_unique<Impl>(std::move(opened), clock, config.token_lifetime);
    (void)impl->ensure("domain", "",
                       {{"id", default_domain_id},
                        {"name", "Default"},
                        {"enabled", true},
                        {"description", "The default domain"},
                        {"options", nlohmann::json::object()},
                        {"tags", nlohmann::json::array()}});
    if (!impl->store->find("region", region_name))
        (void)impl->store->insert(
            "region", {{"id", region_name}, {"description", ""}, {"parent_region_id", nullptr}});
    for (const char* role : {"admin", "member", "reader", "service", "creator", "observer", "audit",
                             "key-manager:service-admin"})
        (void)impl->ensure_role(role);
    // What a fresh Keystone's bootstrap says.
    impl->store->imply(impl->ensure_role("admin"), impl->ensure_role("member"));
    impl->store->imply(impl->ensure_role("member"), impl->ensure_role("reader"));

    http::ServerConfig server = http::server_of("keystone", config);
    const Parts parts{*impl->store, impl->catalog, impl->tokens};
    for (auto& routes : {auth_routes(parts), resource_routes(parts), assignment_routes(parts),
                         role_routes(parts), tag_routes(parts), credential_routes(parts, clock)})
        server.routes.insert(server.routes.end(), routes.begin(), routes.end());
    server.dialect = dialect();
    server.validator = std::make_shared<OwnTokens>(impl->tokens);
    server.unknown_paths = http::Access::open;
    server.common_headers = http::Headers{{"Vary", "X-Auth-Token"}};
    server.state = http::state_of(*impl->store);
    VTPMLAB_TRY(impl->server, http::Server::start(std::move(server)));
    impl->catalog.register_endpoint("identity", "keystone", impl->server->url() + "/v3");
    return std::unique_ptr<Keystone>(new Keystone(std::move(impl)));
}

std::string Keystone::url() const { return impl_->server->url(); }
void Keystone::stop() { impl_->server->stop(); }
Status Keystone::keep(const std::string& name) { return impl_->store->snapshot(name); }

std::string Keystone::ensure_project(std::string_view name) {
    return impl_->ensure("project", default_domain_id,
                         {{"name", name},
                          {"domain_id", default_domain_id},
                          {"parent_id", default_domain_id},
                          {"description", ""},
                          {"enabled", true},
                          {"is_domain", false},
                          {"options", nlohmann::json::object()},
                          {"tags", nlohmann::json::array()}});
}

std::string Keystone::ensure_user(std::string_view name, const SecretValue& password,
                                  std::string_view default_project_id) {
    nlohmann::json body = {{"name", name},
                           {"domain_id", default_domain_id},
                           {"enabled", true},
                           {"password_expires_at", nullptr},
                           {"options", nlohmann::json::object()}};
    if (!default_project_id.empty())
        body["default_project_id"] = default_project_id;
    const std::string id = impl_->ensure("user", default_domain_id, std::move(body));
    // The same once more is no change: who has a token keeps it.
    if (!impl_->store->password_matches(id, password.reveal()))
        impl_->store->set_password(id, password.reveal(), PasswordOrigin::generated);
    return id;
}

void Keystone::ensure_role_assignment(std::string_view user_id, std::string_view project_id,
                                      std::string_view role_name) {
    impl_->store->assign({std::string(user_id), impl_->ensure_role(role_name),
                          Scope{Scope::Kind::project, std::string(project_id)}});
}

void Keystone::ensure_system_role(std::string_view user_id, std::string_view role_name) {
    impl_->store->assign(
        {std::string(user_id), impl_->ensure_role(role_name), Scope{Scope::Kind::system, {}}});
}

void Keystone::register_endpoint(std::string_view type, std::string_view name,
                                 std::string_view url) {
    impl_->catalog.register_endpoint(type, name, url);
}

void Keystone::unregister_endpoint(std::string_view type) { impl_->catalog.unregister(type); }

} // namespace vtpmlab::fakes::keystone
