// /v1/secrets/{id}/acl: who beside the project's own people may read a secret, and whether those
// may at all. A reader in the list may never delete (spec: nova-vtpm §KEY-5).

#include "barbican/routes.h"
#include "barbican/secret_body.h"
#include "http/json.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

constexpr const char* schema = "ACL";

struct AclChange {
    bool given = false; // the body speaks of "read"
    std::optional<bool> project_access;
    std::optional<std::vector<std::string>> users;
};

Outcome<std::vector<std::string>> users_of(const json& value) {
    if (!value.is_array())
        return no_match(schema, fmt::format("{} is not of type 'array'", value.dump()),
                        "read/users");
    std::vector<std::string> users;
    for (const auto& user : value) {
        if (!user.is_string())
            return no_match(schema, fmt::format("{} is not of type 'string'", user.dump()),
                            "read/users");
        if (user.get_ref<const std::string&>().size() > 255)
            return no_match(schema, fmt::format("'{}' is too long", user.get<std::string>()),
                            "read/users");
        users.push_back(user.get<std::string>());
    }
    return users;
}

Outcome<AclChange> change_of(const Request& request) {
    VTPMLAB_CHECK(need_content_type(request, {"application/json"}));
    const auto body = http::parse_json(request.body);
    if (!body)
        return refuse(400, "Malformed JSON");
    if (!body->is_object())
        return no_match(schema, "the body is not of type 'object'", "");
    AclChange change;
    for (const auto& [operation, rule] : body->items()) {
        if (operation != "read")
            return no_match(schema,
                            fmt::format("Additional properties are not allowed ('{}' was "
                                        "unexpected)",
                                        operation),
                            operation);
        if (!rule.is_object())
            return no_match(schema, fmt::format("{} is not of type 'object'", rule.dump()), "read");
        change.given = true;
        for (const auto& [key, value] : rule.items()) {
            if (key == "users") {
                VTPMLAB_TRY(change.users, users_of(value));
            } else if (key == "project-access") {
                if (!value.is_boolean())
                    return no_match(schema,
                                    fmt::format("{} is not of type 'boolean'", value.dump()),
                                    "read/project-access");
                change.project_access = value.get<bool>();
            } else {
                return no_match(schema,
                                fmt::format("Additional properties are not allowed ('{}' was "
                                            "unexpected)",
                                            key),
                                "read");
            }
        }
    }
    return change;
}

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_acls:get", "SecretACL(s) retrieval"));
    const auto acl = parts.store.acl(secret.id);
    if (!acl)
        return Response::json(200, {{"read", {{"project-access", true}}}});
    return Response::json(200, {{"read",
                                 {{"project-access", acl->project_access},
                                  {"users", acl->users},
                                  {"created", http::timestamp_naive(acl->created)},
                                  {"updated", http::timestamp_naive(acl->updated)}}}});
}

enum class Manner { replace, amend };

Outcome<Response> change(Parts parts, const Request& request, Manner manner) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_acls:put_patch", "SecretACL(s) Update"));
    VTPMLAB_TRY(AclChange wanted, change_of(request));
    const auto now = parts.clock.now();
    const auto before = parts.store.acl(secret.id);
    if (wanted.given) {
        Acl acl;
        if (before && manner == Manner::amend)
            acl = *before;
        acl.created = before ? before->created : now;
        acl.updated = now;
        if (wanted.project_access)
            acl.project_access = *wanted.project_access;
        if (wanted.users)
            acl.users = std::move(*wanted.users);
        parts.store.set_acl(secret.id, acl);
    } else if (manner == Manner::replace) {
        parts.store.remove_acl(secret.id);
    }
    return Response::json(200, {{"acl_ref", secret_ref(request, secret.id) + "/acl"}});
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_acls:delete", "SecretACL(s) deletion"));
    parts.store.remove_acl(secret.id);
    return Response::empty(200);
}

} // namespace

std::vector<http::Route> acl_routes(Parts parts) {
    const char* path = "/v1/secrets/{id}/acl";
    const auto changing = [&](const char* method, Manner manner) {
        http::Route route{method, path, [parts, manner](const Request& request) {
                              return change(parts, request, manner);
                          }};
        route.body = Body::bytes;
        return route;
    };
    return {
        {"GET", path, [parts](const Request& request) { return show(parts, request); }},
        changing("PUT", Manner::replace),
        changing("PATCH", Manner::amend),
        {"DELETE", path, [parts](const Request& request) { return remove(parts, request); }},
    };
}

} // namespace vtpmlab::fakes::barbican
