// /os-migrations: where servers went, or are going.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

// Nova shows its database's number of a flavor here; null when the flavor is gone.
json number_of(const std::vector<Flavor>& flavors, const std::string& id) {
    for (std::size_t i = 0; i < flavors.size(); ++i)
        if (flavors[i].id == id)
            return i + 1;
    return json();
}

json migration_view(const http::Request& request, const Migration& migration,
                    const std::vector<Flavor>& flavors) {
    const auto since = [&](int minor) {
        return request.microversion >= http::Microversion{2, minor};
    };
    json view = {{"id", migration.id},
                 {"instance_uuid", migration.server_id},
                 {"status", migration.status},
                 {"source_compute", migration.source},
                 {"source_node", migration.source},
                 {"dest_compute", text_or_null(migration.destination)},
                 {"dest_node", text_or_null(migration.destination)},
                 {"dest_host", json()},
                 {"old_instance_type_id", number_of(flavors, migration.old_flavor_id)},
                 {"new_instance_type_id", number_of(flavors, migration.new_flavor_id)},
                 {"created_at", http::timestamp_naive(migration.created_at)},
                 {"updated_at", http::timestamp_naive(migration.updated_at)}};
    if (since(23))
        view["migration_type"] = migration.type;
    if (since(59))
        view["uuid"] = migration.uuid;
    if (since(80)) {
        view["user_id"] = migration.user_id;
        view["project_id"] = migration.project_id;
    }
    return view;
}

class Migrations {
public:
    explicit Migrations(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-migrations:index", ""));
        const auto* server_id = request.query.find("instance_uuid");
        const auto* status = request.query.find("status");
        const auto* type = request.query.find("migration_type");
        VTPMLAB_TRY(const auto found,
                    or_unexpected(cloud_.store.migrations(server_id ? *server_id : "")));
        VTPMLAB_TRY(const auto flavors, or_unexpected(cloud_.store.flavors()));
        auto shown = json::array();
        for (const auto& migration : found)
            if ((!status || migration.status == *status) && (!type || migration.type == *type))
                shown.push_back(migration_view(request, migration, flavors));
        return http::Response::json(200, {{"migrations", shown}});
    }

private:
    Context& cloud_;
};

} // namespace

std::vector<http::Route> migration_routes(Api& api) {
    const auto migrations = std::make_shared<Migrations>(api);
    return {{"GET", "/v2.1/os-migrations",
             [migrations](const http::Request& r) { return migrations->list(r); }}};
}

} // namespace vtpmlab::cloud
