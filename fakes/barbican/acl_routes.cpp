// /v1/{secrets,containers}/{id}/acl: who beside the project's own people may read it, and whether
// those may at all. A reader in the list may never delete (spec: nova-vtpm §KEY-5).

#include "barbican/body_check.h"
#include "barbican/routes.h"
#include "barbican/secret_body.h"
#include "http/python_text.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view acl_schema = R"({
    "type": "object",
    "properties": {
        "read": {
            "type": "object",
            "properties": {
                "users": {"type": "array", "items": [{"type": "string", "maxLength": 255}]},
                "project-access": {"type": "boolean"}},
            "additionalProperties": false}},
    "additionalProperties": false})";

// What has an ACL.
struct Owner {
    const char* collection; // "secrets"
    const char* operations; // "SecretACL(s)", as refusals begin
    http::Outcome<std::string> (*allowed_id)(Parts, const Request&, std::string_view action,
                                             std::string_view operation);
    const char* get;
    const char* change;
    const char* remove;
};

Outcome<std::string> allowed_secret_id(Parts parts, const Request& request, std::string_view action,
                                       std::string_view operation) {
    VTPMLAB_TRY(const Secret secret, allowed_secret(parts, request, action, operation));
    return secret.id;
}

Outcome<std::string> allowed_container_id(Parts parts, const Request& request,
                                          std::string_view action, std::string_view operation) {
    VTPMLAB_TRY(const Container container, allowed_container(parts, request, action, operation));
    return container.id;
}

constexpr Owner secrets = {"secrets",         "SecretACL(s)",          allowed_secret_id,
                           "secret_acls:get", "secret_acls:put_patch", "secret_acls:delete"};
constexpr Owner containers = {
    "containers",         "ContainerACL(s)",          allowed_container_id,
    "container_acls:get", "container_acls:put_patch", "container_acls:delete"};

struct AclChange {
    bool given = false; // the body speaks of "read"
    std::optional<bool> project_access;
    std::optional<std::vector<std::string>> users;
};

// The schema looks at the first user only, as Barbican's does; the others must be texts all the
// same, because they are kept.
Outcome<std::vector<std::string>> users_of(const json& value) {
    std::vector<std::string> users;
    for (const auto& user : value) {
        if (!user.is_string())
            return no_match("ACL", http::python_repr(user) + " is not of type 'string'", "read");
        users.push_back(user.get<std::string>());
    }
    return users;
}

Outcome<AclChange> change_of(const Request& request) {
    static const BodySchema schema("ACL", acl_schema);
    VTPMLAB_TRY(const json body, schema.body_of(request));
    AclChange change;
    const auto read = body.find("read");
    if (read == body.end())
        return change;
    change.given = true;
    if (const auto users = read->find("users"); users != read->end()) {
        VTPMLAB_TRY(change.users, users_of(*users));
    }
    if (const auto access = read->find("project-access"); access != read->end())
        change.project_access = access->get<bool>();
    return change;
}

Outcome<Response> show(const Owner& of, Parts parts, const Request& request) {
    VTPMLAB_TRY(const std::string id,
                of.allowed_id(parts, request, of.get, of.operations + std::string(" retrieval")));
    const auto acl = parts.store.acl(id);
    if (!acl)
        return Response::json(200, {{"read", {{"project-access", true}}}});
    return Response::json(200, {{"read",
                                 {{"project-access", acl->project_access},
                                  {"users", acl->users},
                                  {"created", iso_time(acl->created)},
                                  {"updated", iso_time(acl->updated)}}}});
}

enum class Manner { replace, amend };

Outcome<Response> change(const Owner& of, Manner manner, Parts parts, const Request& request) {
    VTPMLAB_TRY(const std::string id,
                of.allowed_id(parts, request, of.change, of.operations + std::string(" Update")));
    VTPMLAB_TRY(AclChange wanted, change_of(request));
    const auto now = parts.clock.now();
    const auto before = parts.store.acl(id);
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
        parts.store.set_acl(id, acl);
    } else if (manner == Manner::replace) {
        parts.store.remove_acl(id);
    }
    return Response::json(200, {{"acl_ref", reference_to(request, of.collection, id) + "/acl"}});
}

Outcome<Response> remove(const Owner& of, Parts parts, const Request& request) {
    VTPMLAB_TRY(const std::string id,
                of.allowed_id(parts, request, of.remove, of.operations + std::string(" deletion")));
    parts.store.remove_acl(id);
    return Response::empty(200);
}

} // namespace

std::vector<http::Route> acl_routes(Parts parts) {
    RouteTable table(parts);
    const auto add_for = [&](const Owner& of, const char* path) {
        table.add("GET", path, [&of](Parts p, const Request& r) { return show(of, p, r); });
        table.add(
            "PUT", path,
            [&of](Parts p, const Request& r) { return change(of, Manner::replace, p, r); },
            Body::bytes);
        table.add(
            "PATCH", path,
            [&of](Parts p, const Request& r) { return change(of, Manner::amend, p, r); },
            Body::bytes);
        table.add("DELETE", path, [&of](Parts p, const Request& r) { return remove(of, p, r); });
    };
    add_for(secrets, "/v1/secrets/{id}/acl");
    add_for(containers, "/v1/containers/{id}/acl");
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
