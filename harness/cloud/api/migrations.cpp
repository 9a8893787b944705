// /os-migrations: where servers went, or are going. Source:
// nova/api/openstack/compute/migrations.py.

#include "cloud/api/api.h"
#include "cloud/api/flavor_view.h"
#include "cloud/api/json_values.h"
#include "cloud/api/paging.h"
#include "cloud/api/policy.h"
#include "cloud/api/query_check.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;
using Kind = QueryField::Kind;

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
    if (since(23)) {
        view["migration_type"] = migration.type;
        if (migration.type == "live-migration" && migration.is_under_way())
            view["links"] =
                resource_links(request, "servers/" + migration.server_id + "/migrations",
                               std::to_string(migration.id));
    }
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
        const auto since = [&](int minor) { return request.microversion.minor >= minor; };
        VTPMLAB_CHECK(check_query(request,
                                  {{"hidden"},
                                   {"host"},
                                   {"instance_uuid"},
                                   {"source_compute"},
                                   {"status"},
                                   {"migration_type"},
                                   {"limit", Kind::number, 59},
                                   {"marker", Kind::text, 59},
                                   {"changes-since", Kind::time, 59},
                                   {"changes-before", Kind::time, 66},
                                   {"user_id", Kind::text, 80},
                                   {"project_id", Kind::text, 80}},
                                  59));
        const auto* server_id = request.query.find("instance_uuid");
        VTPMLAB_TRY(auto found,
                    or_unexpected(cloud_.store.migrations(server_id ? *server_id : "")));
        VTPMLAB_CHECK(filter(request, found));
        json body;
        if (since(59)) {
            VTPMLAB_TRY(const auto next,
                        cut_page(request, found, UnknownMarker::as_sentence,
                                 [](const Migration& migration) { return migration.uuid; }));
            if (!next.empty())
                body["migrations_links"] = {{{"rel", "next"}, {"href", next}}};
        }
        VTPMLAB_TRY(const auto flavors, or_unexpected(cloud_.store.flavors()));
        body["migrations"] = json::array();
        for (const auto& migration : found)
            body["migrations"].push_back(migration_view(request, migration, flavors));
        return http::Response::json(200, body);
    }

private:
    static http::Outcome<void> filter(const http::Request& request, std::vector<Migration>& found) {
        const auto same = [&](const char* name, int since, auto value_of) {
            const auto* wanted = request.query.find(name);
            if (wanted && request.microversion.minor >= since)
                std::erase_if(found, [&](const Migration& migration) {
                    return value_of(migration) != *wanted;
                });
        };
        same("status", 1, [](const Migration& m) { return m.status; });
        same("migration_type", 1, [](const Migration& m) { return m.type; });
        same("source_compute", 1, [](const Migration& m) { return m.source; });
        same("user_id", 80, [](const Migration& m) { return m.user_id; });
        same("project_id", 80, [](const Migration& m) { return m.project_id; });
        if (const auto* host = request.query.find("host"))
            std::erase_if(found, [&](const Migration& migration) {
                return migration.source != *host && migration.destination != *host;
            });
        const auto time = [&](const char* name, int since) {
            const auto* text =
                request.microversion.minor >= since ? request.query.find(name) : nullptr;
            return text ? http::parse_timestamp(*text) : std::nullopt;
        };
        const auto from = time("changes-since", 59), to = time("changes-before", 66);
        if (from && to && *to < *from)
            return http::refuse(
                400, "The value of changes-since must be less than or equal to changes-before.");
        std::erase_if(found, [&](const Migration& migration) {
            return (from && migration.updated_at < *from) || (to && migration.updated_at > *to);
        });
        return {};
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> migration_routes(Api& api) {
    const auto migrations = std::make_shared<Migrations>(api);
    return {{"GET", "/v2.1/os-migrations",
             [migrations](const http::Request& r) { return migrations->list(r); }}};
}

} // namespace vtpmlab::cloud
