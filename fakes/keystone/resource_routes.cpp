// Users, groups, projects, domains, roles, services, endpoints and regions: one set of handlers,
// told apart by a table.

#include "keystone/common.h"
#include "keystone/identifiers.h"
#include "keystone/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {

using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

enum class Domain { none, owned };
enum class Delete { allowed, only_when_disabled };

struct Collection {
    const char* kind;   // "user"
    const char* plural; // "users"
    Domain domain;      // lives in a domain
    const char* required;
    Delete removal;
};

constexpr Collection collections[] = {
    {"domain", "domains", Domain::none, "name", Delete::only_when_disabled},
    {"project", "projects", Domain::owned, "name", Delete::allowed},
    {"user", "users", Domain::owned, "name", Delete::allowed},
    {"group", "groups", Domain::owned, "name", Delete::allowed},
    {"role", "roles", Domain::none, "name", Delete::allowed},
    {"service", "services", Domain::none, "type", Delete::allowed},
    {"endpoint", "endpoints", Domain::none, "url", Delete::allowed},
    {"region", "regions", Domain::none, "", Delete::allowed},
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
    if (kind != "region" || !body.contains("id"))
        body["id"] = new_id();
    if (of.domain == Domain::owned && body.value("domain_id", json(nullptr)).is_null())
        body["domain_id"] = std::string(default_domain_id);
    if (kind != "role" && kind != "region" && kind != "group")
        set("enabled", true);
    if (kind == "project") {
        set("description", "");
        set("parent_id", body["domain_id"]);
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
    const auto name = body.value("name", json("")).get<std::string>();
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

Outcome<void> check_fields(const Collection& of, const json& body) {
    for (const char* key : {"id", "name", "domain_id", "description", "type", "url", "email",
                            "interface", "service_id", "region", "region_id", "parent_region_id"})
        if (const auto found = body.find(key);
            found != body.end() && !found->is_string() && !found->is_null())
            return refuse(400, fmt::format("Invalid input for field '{}': {} is not of type "
                                           "'string'",
                                           key, found->dump()));
    for (const char* key : {"id", "name", "type", "url", "interface", "service_id"})
        if (const auto found = body.find(key);
            found != body.end() && (found->is_null() || found->get<std::string>().empty()) &&
            (std::string_view(of.kind) != "service" || std::string_view(key) != "name"))
            return refuse(400, fmt::format("Invalid input for field '{}': {} is too short", key,
                                           found->is_null() ? "None" : "''"));
    if (const auto found = body.find("enabled"); found != body.end() && !found->is_boolean())
        return refuse(400, fmt::format("Invalid input for field 'enabled': {} is not of type "
                                       "'boolean'",
                                       found->is_null() ? "None" : found->dump()));
    return {};
}

Outcome<Response> create(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("create_{}", of.kind)));
    VTPMLAB_TRY(json body, submitted(request, of.kind));
    if (*of.required && !body.contains(of.required))
        return refuse(400, fmt::format("'{}' is a required property", of.required));
    if (std::string_view(of.kind) == "endpoint")
        for (const char* key : {"interface", "service_id"})
            if (!body.contains(key) || body[key].is_null())
                return refuse(400, fmt::format("'{}' is a required property", key));
    VTPMLAB_CHECK(check_fields(of, body));
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
    VTPMLAB_CHECK(need_admin(request, fmt::format("update_{}", of.kind)));
    const std::string& id = request.parameter("id");
    auto body = parts.store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    VTPMLAB_TRY(json changes, submitted(request, of.kind));
    VTPMLAB_CHECK(check_fields(of, changes));
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
    const std::string& id = request.parameter("id");
    if (!store.find("user", id))
        return could_not_find("user", id);
    VTPMLAB_TRY(const json body, submitted(request, "user"));
    for (const char* key : {"original_password", "password"})
        if (!body.contains(key) || !body[key].is_string())
            return refuse(400, fmt::format("'{}' is a required property", key));
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
            route.body = std::string_view(method) == "DELETE" ? Body::none : Body::json;
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
                      http::Access::open, Body::json});
    return routes;
}

} // namespace vtpmlab::fakes::keystone
