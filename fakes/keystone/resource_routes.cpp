// Users, groups, projects, domains, roles, services, endpoints and regions: one set of handlers,
// told apart by a table.

#include "keystone/common.h"
#include "keystone/identifiers.h"
#include "keystone/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {

using OrderedJson = nlohmann::ordered_json;

namespace {

enum class Domain { none, owned };
enum class Delete { allowed, only_when_disabled };
enum class Absent { empty, null }; // what a body without its key is taken for

struct Collection {
    const char* kind;   // "user"
    const char* plural; // "users"
    Domain domain;      // lives in a domain
    Absent absent;
    Delete removal;
};

constexpr Collection collections[] = {
    {"domain", "domains", Domain::none, Absent::empty, Delete::only_when_disabled},
    {"project", "projects", Domain::owned, Absent::empty, Delete::allowed},
    {"user", "users", Domain::owned, Absent::empty, Delete::allowed},
    {"group", "groups", Domain::owned, Absent::empty, Delete::allowed},
    {"role", "roles", Domain::none, Absent::empty, Delete::allowed},
    {"service", "services", Domain::none, Absent::null, Delete::allowed},
    {"endpoint", "endpoints", Domain::none, Absent::null, Delete::allowed},
    {"region", "regions", Domain::none, Absent::null, Delete::allowed},
};

tl::unexpected<http::Fault> missing(const Collection& of, std::string_view id) {
    return could_not_find(of.kind, id);
}

Outcome<Response> list(Store& store, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, fmt::format("list_{}", of.plural)));
    auto found = json::array();
    for (auto& body : store.list(of.kind))
        if (passes(body, request.query))
            found.push_back(with_link(std::move(body), of.plural, request));
    return listed(request, of.plural, std::move(found));
}

bool is_own(const Collection& of, std::string_view id, const http::Caller& caller) {
    return (std::string_view(of.kind) == "user" && id == caller.user_id) ||
           (std::string_view(of.kind) == "project" && id == caller.project_id);
}

Outcome<Response> show(Store& store, const Collection& of, const Request& request) {
    const std::string& id = request.parameter("id");
    if (!is_own(of, id, *request.caller))
        VTPMLAB_CHECK(need_reader(request, fmt::format("get_{}", of.kind)));
    auto body = store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    return Response::json(200, {{of.kind, with_link(std::move(*body), of.plural, request)}});
}

// A password is not part of the document.
std::optional<std::string> take_password(json& body) {
    const auto found = body.find("password");
    if (found == body.end())
        return std::nullopt;
    auto password = found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    body.erase(found);
    return password;
}

json with_defaults(const Collection& of, json body) {
    const std::string_view kind = of.kind;
    const auto set = [&body](const char* key, json value) {
        if (!body.contains(key))
            body[key] = std::move(value);
    };
    if (kind != "region" || body.value("id", "").empty())
        body["id"] = new_id();
    if (of.domain == Domain::owned && body.value("domain_id", json(nullptr)).is_null())
        body["domain_id"] = std::string(default_domain_id);
    if (kind != "role" && kind != "region" && kind != "group")
        set("enabled", true);
    if (kind == "project") {
        set("description", "");
        if (body.value("parent_id", json(nullptr)).is_null())
            body["parent_id"] = body["domain_id"];
        set("is_domain", false);
    }
    if (kind == "domain" || kind == "region" || kind == "group")
        set("description", "");
    if (kind == "role") {
        set("domain_id", nullptr);
        set("description", nullptr);
    }
    if (kind == "user")
        set("password_expires_at", nullptr);
    if (kind == "region")
        set("parent_region_id", nullptr);
    if (kind == "endpoint") {
        // Clients of two ages: "region" is the old name of "region_id".
        const char* sent = body.contains("region_id") ? "region_id" : "region";
        const json region = body.value(sent, json(nullptr));
        body["region"] = body["region_id"] = region;
    }
    if (kind == "project" || kind == "domain" || kind == "user" || kind == "role")
        set("options", json::object());
    if (kind == "project" || kind == "domain")
        set("tags", json::array());
    return body;
}

// How Keystone tells a name that is taken, different for nearly every kind.
tl::unexpected<http::Fault> conflict(const Collection& of, const json& body) {
    const std::string_view kind = of.kind;
    const json named = body.value("name", json(""));
    const auto name = named.is_string() ? named.get<std::string>() : named.dump();
    std::string details = "Duplicate entry found with name " + name;
    if (kind == "project" || kind == "domain")
        details = kind == "domain"
                      ? "it is not permitted to have two projects acting as domains with the same "
                        "name: " +
                            name
                      : fmt::format("it is not permitted to have two projects with either the same "
                                    "name or same id in the same domain: name is {}, project id {}",
                                    name, body["id"].get<std::string>());
    else if (kind == "region")
        details = "Duplicate ID, " + body["id"].get<std::string>();
    else if (of.domain == Domain::owned)
        details += " at domain ID " + body["domain_id"].get<std::string>();
    return refuse(409, fmt::format("Conflict occurred attempting to store {} - {}.",
                                   kind == "domain" ? "project" : kind, details));
}

// What it refers to must be there.
Outcome<void> check_references(Store& store, const Collection& of, const json& body) {
    const auto check = [&](const char* key, Kind kind) -> Outcome<void> {
        const auto found = body.find(key);
        if (found == body.end() || !found->is_string() ||
            store.find(kind, found->get_ref<const std::string&>()))
            return {};
        return could_not_find(kind, found->get_ref<const std::string&>());
    };
    if (of.domain == Domain::owned)
        VTPMLAB_CHECK(check("domain_id", "domain"));
    if (std::string_view(of.kind) == "endpoint") {
        VTPMLAB_CHECK(check("service_id", "service"));
        VTPMLAB_CHECK(check("region_id", "region"));
    }
    if (std::string_view(of.kind) == "region")
        VTPMLAB_CHECK(check("parent_region_id", "region"));
    return {};
}

// The member a body brings, right by the schema of that verb.
Outcome<json> brought(const Collection& of, const char* verb, const OrderedJson& body) {
    return submitted(body, of.kind, fmt::format("{}_{}", of.kind, verb),
                     of.absent == Absent::null ? json(nullptr) : json::object());
}

// Clients of an age ago name a region that nobody made before.
void ensure_old_region(Store& store, const json& endpoint) {
    const auto region = endpoint.find("region");
    if (region == endpoint.end() || !region->is_string() || endpoint.contains("region_id") ||
        store.find("region", region->get_ref<const std::string&>()))
        return;
    (void)store.insert("region",
                       {{"id", *region}, {"description", ""}, {"parent_region_id", nullptr}});
}

Outcome<Response> create(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_TRY(const OrderedJson sent, object_body(request));
    VTPMLAB_CHECK(need_admin(request, fmt::format("create_{}", of.kind)));
    VTPMLAB_TRY(json body, brought(of, "create", sent));
    if (std::string_view(of.kind) == "endpoint")
        ensure_old_region(parts.store, body);
    const auto password = take_password(body);
    body = with_defaults(of, std::move(body));
    VTPMLAB_CHECK(check_references(parts.store, of, body));
    if (!parts.store.insert(of.kind, body))
        return conflict(of, body);
    if (password)
        parts.store.set_password(body["id"].get<std::string>(), *password);
    return Response::json(201, {{of.kind, with_link(std::move(body), of.plural, request)}});
}

Outcome<Response> update(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_TRY(const OrderedJson sent, object_body(request));
    VTPMLAB_CHECK(need_admin(request, fmt::format("update_{}", of.kind)));
    const std::string& id = request.parameter("id");
    auto body = parts.store.find(of.kind, id);
    // Of a role the real one says so at once, of others after it has looked at the change.
    if (!body && std::string_view(of.kind) == "role")
        return missing(of, id);
    VTPMLAB_TRY(json changes, brought(of, "update", sent));
    if (std::string_view(of.kind) != "domain" && changes.value("id", json(nullptr)) != nullptr &&
        changes["id"] != id)
        return refuse(400, "Cannot change ID");
    if (!body)
        return missing(of, id);
    const auto password = take_password(changes);
    changes.erase("id");
    changes.erase("links");
    if (changes.contains("region") && !changes.contains("region_id"))
        changes["region_id"] = changes["region"];
    body->update(changes);
    if (body->contains("region_id"))
        (*body)["region"] = (*body)["region_id"];
    VTPMLAB_CHECK(check_references(parts.store, of, *body));
    if (!parts.store.update(of.kind, *body))
        return conflict(of, *body);
    const bool disabled = !body->value("enabled", true);
    if (password)
        parts.store.set_password(id, *password);
    // Who has another password, or none of this any more, starts anew.
    if (std::string_view(of.kind) == "user" && (password || disabled))
        parts.store.revoke_all_of(id);
    if (std::string_view(of.kind) == "user" && disabled)
        parts.store.remove_credentials_of(id);
    return Response::json(200, {{of.kind, with_link(std::move(*body), of.plural, request)}});
}

Outcome<Response> remove(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("delete_{}", of.kind)));
    const std::string& id = request.parameter("id");
    const auto body = parts.store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    if (of.removal == Delete::only_when_disabled && body->value("enabled", true))
        return refuse(
            403,
            fmt::format("Cannot delete a {} that is enabled, please disable it first.", of.kind));
    parts.store.remove(of.kind, id);
    return Response::empty(204);
}

Outcome<Response> user_projects(Store& store, const Request& request) {
    const std::string& id = request.parameter("id");
    if (id != request.caller->user_id)
        VTPMLAB_CHECK(need_reader(request, "list_user_projects"));
    if (!store.find("user", id))
        return could_not_find("user", id);
    auto found = json::array();
    for (auto& project : store.list("project"))
        if (!store.roles_of(id, Scope{Scope::Kind::project, project["id"].get<std::string>()})
                 .empty())
            found.push_back(with_link(std::move(project), "projects", request));
    return listed(request, "projects", std::move(found));
}

// By the user, who has to know the old one. Ends the user's tokens.
Outcome<Response> change_password(Store& store, const Request& request) {
    VTPMLAB_TRY(const OrderedJson sent, object_body(request));
    VTPMLAB_TRY(const json body, submitted(sent, "user", "password_change", json::object()));
    const std::string& id = request.parameter("id");
    if (!store.find("user", id))
        return could_not_find("user", id);
    if (!store.password_matches(id, body["original_password"].get_ref<const std::string&>()))
        return refuse(401, "The request you have made requires authentication.");
    store.set_password(id, body["password"].get_ref<const std::string&>());
    store.revoke_all_of(id);
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> resource_routes(Parts parts) {
    std::vector<http::Route> routes;
    Store& store = parts.store;
    for (const Collection& of : collections) {
        const std::string all = std::string("/v3/") + of.plural, one = all + "/{id}";
        routes.push_back(
            {"GET", all, [&store, &of](const Request& r) { return list(store, of, r); }});
        routes.push_back(
            {"GET", one, [&store, &of](const Request& r) { return show(store, of, r); }});
        const auto add = [&](const char* method, const std::string& path, auto handler) {
            http::Route route{method, path, [parts, &of, handler](const Request& r) {
                                  return handler(parts, of, r);
                              }};
            route.body = std::string_view(method) == "DELETE" ? Body::none : Body::bytes;
            routes.push_back(std::move(route));
        };
        add("POST", all, create);
        add("PATCH", one, update);
        add("DELETE", one, remove);
    }
    routes.push_back({"GET", "/v3/users/{id}/projects",
                      [&store](const Request& r) { return user_projects(store, r); }});
    // The old password is proof enough: a token may be over by then.
    routes.push_back({"POST", "/v3/users/{id}/password",
                      [&store](const Request& r) { return change_password(store, r); },
                      http::Access::open, Body::bytes});
    return routes;
}

} // namespace vtpmlab::fakes::keystone
