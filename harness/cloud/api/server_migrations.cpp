// /servers/{id}/migrations: the live migrations of a server that are under way, to look at, to
// stop and to force to their end. Source: nova/api/openstack/compute/server_migrations.py.

#include "cloud/action_log.h"
#include "cloud/api/api.h"
#include "cloud/api/json_values.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_access.h"
#include "cloud/state/state_rules.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

json view_of(const http::Request& request, const Migration& migration) {
    json view = {{"id", migration.id},
                 {"server_uuid", migration.server_id},
                 {"status", migration.status},
                 {"source_compute", migration.source},
                 {"source_node", migration.source},
                 {"dest_compute", text_or_null(migration.destination)},
                 {"dest_node", text_or_null(migration.destination)},
                 {"dest_host", json()},
                 {"created_at", http::timestamp_naive(migration.created_at)},
                 {"updated_at", http::timestamp_naive(migration.updated_at)}};
    // Nobody counts the bytes here, and Nova has null until the first count.
    for (const char* what : {"memory", "disk"})
        for (const char* part : {"total", "processed", "remaining"})
            view[fmt::format("{}_{}_bytes", what, part)] = json();
    if (request.microversion >= http::Microversion{2, 59})
        view["uuid"] = migration.uuid;
    if (request.microversion >= http::Microversion{2, 80}) {
        view["user_id"] = migration.user_id;
        view["project_id"] = migration.project_id;
    }
    return view;
}

class ServerMigrations {
public:
    explicit ServerMigrations(Api& api) : api_(api), cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "index", Need::admin));
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        VTPMLAB_TRY(const auto found, or_unexpected(cloud_.store.migrations(server.id)));
        auto shown = json::array();
        for (const auto& migration : found)
            if (is_live(migration) && migration.is_under_way())
                shown.push_back(view_of(request, migration));
        return http::Response::json(200, {{"migrations", shown}});
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "show", Need::admin));
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        const auto& id = request.parameter("migration_id");
        VTPMLAB_TRY(const auto migration, find(request, server));
        if (!migration)
            return http::refuse(404, fmt::format("In-progress live migration {} is not found for "
                                                 "server {}.",
                                                 id, server.id));
        if (!is_live(*migration))
            return http::refuse(404, fmt::format("Migration {} for server {} is not "
                                                 "live-migration.",
                                                 id, server.id));
        if (!migration->is_under_way())
            return http::refuse(404, fmt::format("Live migration {} for server {} is not in "
                                                 "progress.",
                                                 id, server.id));
        return http::Response::json(200, {{"migration", view_of(request, *migration)}});
    }

    [[nodiscard]] Answer abort(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "delete", Need::migrator));
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        static const StateRule rule{"abort live migration", {}, {TaskState::migrating}};
        VTPMLAB_CHECK(check(request, server, rule));
        VTPMLAB_TRY(const auto migration, find(request, server));
        if (!migration)
            return not_found(request, server, 404);
        const bool may_wait = request.microversion >= http::Microversion{2, 65};
        if (migration->status != "running" &&
            !(may_wait && (migration->status == "queued" || migration->status == "preparing")))
            return wrong_state(*migration, "abort live migration");
        return on_source(request, server, "live_migration_cancel", "compute_live_migration_abort",
                         [this, migration = *migration](Hypervisor& hypervisor) -> Status {
                             VTPMLAB_CHECK(hypervisor.abort_job(migration.server_id));
                             return cloud_.store.change_migration(
                                 migration.uuid,
                                 [](Migration& record) { record.status = "cancelled"; });
                         });
    }

    // The guest stands still for the rest of the way, so there is nothing more to copy twice.
    [[nodiscard]] Answer force_complete(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "force_complete", Need::migrator));
        VTPMLAB_TRY(const auto server, find_server(cloud_, request));
        static const StateRule rule{"force_complete", {VmState::active}, {TaskState::migrating}};
        VTPMLAB_CHECK(check(request, server, rule));
        VTPMLAB_TRY(const auto migration, find(request, server));
        if (!migration)
            return not_found(request, server, 400);
        if (migration->status != "running")
            return wrong_state(*migration, "force complete");
        return on_source(
            request, server, "live_migration_force_complete",
            "compute_live_migration_force_complete",
            [id = server.id](Hypervisor& hypervisor) { return hypervisor.suspend(id); });
    }

private:
    static bool is_live(const Migration& migration) { return migration.type == "live-migration"; }

    // Of the caller's own project: only that one's managers may ask at all.
    [[nodiscard]] http::Outcome<void> may(const http::Request& request, const char* what,
                                          Need need) const {
        return authorize(cloud_.profile, *request.caller, need,
                         fmt::format("os_compute_api:servers:migrations:{}", what),
                         request.caller->project_id);
    }

    [[nodiscard]] http::Outcome<std::optional<Migration>> find(const http::Request& request,
                                                               const ServerRecord& server) const {
        VTPMLAB_TRY(const auto all, or_unexpected(cloud_.store.migrations(server.id)));
        const auto found = std::find_if(all.begin(), all.end(), [&](const Migration& migration) {
            return std::to_string(migration.id) == request.parameter("migration_id");
        });
        return found == all.end() ? std::nullopt : std::optional(*found);
    }

    static http::Outcome<void> check(const http::Request& request, const ServerRecord& server,
                                     const StateRule& rule) {
        if (auto violation = state_violation(rule, server, is_admin(*request.caller)))
            return http::refuse(409, std::move(*violation));
        return {};
    }

    static tl::unexpected<http::Fault> not_found(const http::Request& request,
                                                 const ServerRecord& server, int status) {
        return http::refuse(status, fmt::format("Migration {} not found for instance {}",
                                                request.parameter("migration_id"), server.id));
    }

    static tl::unexpected<http::Fault> wrong_state(const Migration& migration, const char* what) {
        return http::refuse(400,
                            fmt::format("Migration {} state of instance {} is {}. Cannot {} "
                                        "while the migration is in this state.",
                                        migration.id, migration.server_id, migration.status, what));
    }

    // On record before it is done; nobody waits for it.
    [[nodiscard]] Answer on_source(const http::Request& request, const ServerRecord& server,
                                   const char* action, const char* event,
                                   std::function<Status(Hypervisor&)> work) const {
        VTPMLAB_TRY(auto requester, requester_of(cloud_, request));
        begin_action(cloud_, *requester, server, action);
        if (auto* compute = api_.conductor.on_host(server.host))
            compute->cast([&cloud = cloud_, compute, requester, event, work = std::move(work),
                           id = server.id] {
                EventScope scope(cloud, *requester, id, event, compute->name());
                if (const auto done = work(*compute->driver().host().hypervisor); !done)
                    return scope.finish({"libvirtError", done.error().message});
                scope.finish();
            });
        return http::Response::empty(202);
    }

    Api& api_;
    Context& cloud_;
};

} // namespace

std::vector<http::Route> server_migration_routes(Api& api) {
    const auto migrations = std::make_shared<ServerMigrations>(api);
    const std::string all = "/v2.1/servers/{server_id}/migrations";
    const std::string one = all + "/{migration_id}";
    const auto from = [](int minor, http::Route route) {
        route.since = {2, minor};
        return route;
    };
    const auto bare = std::make_shared<http::Schema>(
        R"({"type": "object", "required": ["force_complete"], "additionalProperties": false,
            "properties": {"force_complete": {"type": "null"}}})");
    return {
        from(23,
             {"GET", all, [migrations](const http::Request& r) { return migrations->list(r); }}),
        from(23,
             {"GET", one, [migrations](const http::Request& r) { return migrations->show(r); }}),
        from(24, {"DELETE", one,
                  [migrations](const http::Request& r) { return migrations->abort(r); }}),
        from(22, {"POST", one + "/action",
                  [migrations](const http::Request& r) { return migrations->force_complete(r); },
                  http::Access::token, http::Body::json, bare})};
}

} // namespace vtpmlab::cloud
