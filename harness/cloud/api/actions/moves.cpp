// resize, confirmResize, revertResize, migrate, os-migrateLive, evacuate
// spec: nova-vtpm §5.7
// spec: nova-vtpm §5.8

#include "cloud/action_log.h"
#include "cloud/api/parameter_types.h"
#include "cloud/api/server_access.h"
#include "cloud/api/server_action.h"
#include "cloud/api/server_request.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

// spec: nova-vtpm §REQ-11
// spec: nova-vtpm §LIF-RSZ-6
http::Outcome<void> check_vtpm_of_resize(const ActionCall& call, const Flavor& wanted) {
    const auto& server = call.server;
    if (!call.api.cloud.profile.resize_checks_vtpm || wanted.id == server.flavor.id)
        return {};
    const auto refused = [](const RuleViolation& violation) {
        return http::refuse(400, violation.kind == RuleViolation::Kind::invalid
                                     ? "Invalid instance image."
                                     : violation.message);
    };
    const auto now = server.vtpm();
    if (!now)
        return refused(now.error());
    // A server without a TPM: the new flavor is not looked at, valid or not.
    if (!*now)
        return {};
    const auto then = vtpm_constraint(wanted.request(), server.image.request());
    if (!then)
        return refused(then.error());
    const auto is_deployment = [](const Flavor& flavor) {
        return secret_security(flavor.request()) == SecretSecurity::deployment;
    };
    if (*then && is_deployment(wanted) != is_deployment(server.flavor))
        return http::refuse(400, "Resize between 'deployment' TPM secret security and other TPM "
                                 "secret security modes is not supported.");
    return {};
}

Answer accept_move(const ActionCall& call, std::string_view rule, const std::string& action,
                   Conductor::Move move) {
    auto& cloud = call.api.cloud;
    VTPMLAB_TRY(const auto server, begin(call, rule));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, action);
    call.api.conductor.migrate(std::move(requester), server.id, std::move(move));
    return http::Response::empty(202);
}

Answer resize(const ActionCall& call) {
    VTPMLAB_CHECK(check_state(call, "resize"));
    VTPMLAB_TRY(auto flavor,
                requested_flavor(call.api.cloud, call.request, call.body.at("flavorRef")));
    if (flavor.disk_gib == 0 && call.server.flavor.disk_gib != 0)
        return http::refuse(400, "Server disk was unable to be resized because: Resize to zero "
                                 "disk flavor is not allowed.");
    if (flavor.id == call.server.flavor.id)
        return http::refuse(400, "When resizing, instances must change flavor!");
    if (flavor.memory_mib < call.server.image.min_memory_mib)
        return http::refuse(400, "Flavor's memory is too small for requested image.");
    VTPMLAB_CHECK(check_vtpm_of_resize(call, flavor));
    return accept_move(call, "resize", "resize", {std::move(flavor), {}, true});
}

Answer migrate(const ActionCall& call) {
    std::string host;
    // Before 2.56 nobody looked at the value.
    if (call.request.microversion >= http::Microversion{2, 56} && call.body.is_object() &&
        call.body.contains("host") && call.body["host"].is_string()) {
        host = call.body["host"];
        VTPMLAB_CHECK(authorize(call.api.cloud.profile, *call.request.caller, Need::admin,
                                "os_compute_api:os-migrate-server:migrate:host", ""));
        VTPMLAB_CHECK(check_state(call, "migrate"));
        if (host == call.server.host)
            return http::refuse(400, "Cannot migrate to the host where the server exists.");
        if (!call.api.conductor.has_host(host))
            return http::refuse(400, fmt::format("Compute host {} could not be found.", host));
    }
    return accept_move(call, "migrate", "migrate", {call.server.flavor, host, false});
}

// The move that waits for a word, newest first.
http::Outcome<Migration> finished_migration(const ActionCall& call) {
    VTPMLAB_TRY(const auto migrations,
                or_unexpected(call.api.cloud.store.migrations(call.server.id)));
    const auto found =
        std::find_if(migrations.begin(), migrations.end(),
                     [](const Migration& migration) { return migration.status == "finished"; });
    if (found == migrations.end())
        return http::refuse(400, "Instance has not been resized.");
    return *found;
}

http::Outcome<Migration> answer_move(const ActionCall& call, const char* rule, const char* status) {
    auto& cloud = call.api.cloud;
    VTPMLAB_CHECK(check_state(call, rule));
    VTPMLAB_TRY(auto migration, finished_migration(call));
    VTPMLAB_TRY(const auto server, begin(call, rule));
    // Of two who answer at once, one is too late.
    bool is_first = false;
    VTPMLAB_CHECK(
        or_unexpected(cloud.store.change_migration(migration.uuid, [&](Migration& record) {
            is_first = record.status == "finished";
            if (is_first)
                record.status = status;
        })));
    if (!is_first)
        return http::refuse(400, "Instance has not been resized.");
    return migration;
}

Answer confirm(const ActionCall& call) {
    VTPMLAB_TRY(auto migration, answer_move(call, "confirmResize", "confirming"));
    VTPMLAB_TRY(auto requester, requester_of(call.api.cloud, call.request));
    begin_action(call.api.cloud, *requester, call.server, "confirmResize");
    call.api.conductor.confirm(std::move(requester), call.server.id, std::move(migration));
    return http::Response::empty(204);
}

Answer revert(const ActionCall& call) {
    VTPMLAB_TRY(auto migration, answer_move(call, "revertResize", "reverting"));
    VTPMLAB_TRY(auto requester, requester_of(call.api.cloud, call.request));
    begin_action(call.api.cloud, *requester, call.server, "revertResize");
    call.api.conductor.revert(std::move(requester), call.server.id, std::move(migration));
    return http::Response::empty(202);
}

// spec: nova-vtpm §LIF-LM-1
http::Outcome<void> check_vtpm_of_live_migration(const ActionCall& call) {
    const auto device = call.server.vtpm();
    const bool may = call.api.cloud.profile.live_migrates_mode_host &&
                     secret_security(call.server.flavor.request()) == SecretSecurity::host;
    if (!device || !*device)
        return {};
    if (!may)
        return refuse_for_vtpm(call, "live-migration");
    // spec: nova-vtpm §LIF-LM-2
    for (const auto* compute : call.api.conductor.computes())
        if (!compute->profile().live_migrates_mode_host)
            return http::refuse(400, "vTPM live migration is not supported by old nova-compute "
                                     "services. Upgrade your nova-compute services to Gazpacho "
                                     "(33.0.0) or later.");
    return {};
}

Answer migrate_live(const ActionCall& call) {
    auto& cloud = call.api.cloud;
    Conductor::LiveMove move;
    if (const auto& host = call.body.at("host"); host.is_string()) {
        move.host = host;
        VTPMLAB_CHECK(authorize(cloud.profile, *call.request.caller, Need::admin,
                                "os_compute_api:os-migrate-server:migrate_live:host", ""));
    }
    move.force = is_true(call.body.value("force", json(false)));
    if (move.force && move.host.empty())
        return http::refuse(400, "Can't force to a non-provided destination");
    VTPMLAB_CHECK(check_vtpm_of_live_migration(call));
    VTPMLAB_CHECK(check_state(call, "os-migrateLive"));
    if (!move.host.empty() && !call.api.conductor.has_host(move.host))
        return http::refuse(400, fmt::format("Compute host {} could not be found.", move.host));
    VTPMLAB_TRY(const auto server, begin(call, "os-migrateLive"));
    VTPMLAB_TRY(auto requester, requester_of(cloud, call.request));
    begin_action(cloud, *requester, server, "live-migration");
    call.api.conductor.migrate_live(std::move(requester), server.id, std::move(move));
    return http::Response::empty(202);
}

// 2.25 lets the cloud find out how to move the disk, 2.30 forces and 2.68 does so no more.
SchemaHistory live_schemas() {
    const auto body = [](const char* required, const std::string& more) {
        return body_schema("os-migrateLive",
                           fmt::format(R"({{"type": "object", "required": [{}],
                "additionalProperties": false, "properties": {{"host": {}, {}}}}})",
                                       required, parameter::host_name_or_none, more));
    };
    const auto block = fmt::format(R"("block_migration": {})", parameter::boolean_or_auto);
    const char* since_25 = R"("block_migration", "host")";
    return {{1, body(R"("block_migration", "disk_over_commit", "host")",
                     fmt::format(R"("block_migration": {0}, "disk_over_commit": {0})",
                                 parameter::boolean))},
            {25, body(since_25, block)},
            {30, body(since_25, fmt::format(R"({}, "force": {})", block, parameter::boolean))},
            {68, body(since_25, block)}};
}

} // namespace

std::vector<ServerAction> move_actions() {
    return {
        {"resize", body_schema("resize", R"({
            "type": "object", "required": ["flavorRef"], "additionalProperties": false,
            "properties": {"flavorRef": {"type": ["string", "integer"], "minLength": 1},
                           "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]}}})"),
         "os_compute_api:servers:resize", Need::project_member, resize},
        {"confirmResize", bare_schema("confirmResize"), "os_compute_api:servers:confirm_resize",
         Need::project_member, confirm},
        {"revertResize", bare_schema("revertResize"), "os_compute_api:servers:revert_resize",
         Need::project_member, revert},
        {"migrate",
         SchemaHistory{{1, bare_schema("migrate")},
                       {56, body_schema("migrate", fmt::format(R"({{"type": ["object", "null"],
            "additionalProperties": false, "properties": {{"host": {}}}}})",
                                                               parameter::host_name_or_none))}},
         "os_compute_api:os-migrate-server:migrate", Need::migrator, migrate},
        {"os-migrateLive", live_schemas(), "os_compute_api:os-migrate-server:migrate_live",
         Need::migrator, migrate_live},
    };
}

} // namespace vtpmlab::cloud
