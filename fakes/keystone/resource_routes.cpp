// Users, projects, domains, roles, services, endpoints and regions: one set of handlers, told apart
// by a table. And role assignments.

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
    {"role", "roles", Domain::none, "name", Delete::allowed},
    {"service", "services", Domain::none, "type", Delete::allowed},
    {"endpoint", "endpoints", Domain::none, "url", Delete::allowed},
    {"region", "regions", Domain::none, "", Delete::allowed},
};

tl::unexpected<http::Fault> forbidden(std::string_view action) {
    return refuse(403, fmt::format("You are not authorized to perform the requested action: "
                                   "identity:{}.",
                                   action));
}

tl::unexpected<http::Fault> missing(const Collection& of, std::string_view id) {
    return refuse(404, fmt::format("Could not find {}: {}.", of.kind, id));
}

Outcome<void> need_admin(const Request& request, const std::string& action) {
    if (request.caller->has_role("admin"))
        return {};
    return forbidden(action);
}

json with_links(json body, const Collection& of, const Request& request) {
    body["links"] = {{"self", fmt::format("{}/v3/{}/{}", request.base_url, of.plural,
                                          body["id"].get<std::string>())}};
    return body;
}

// `?name=x&enabled=true`: a field that is there must be equal; unknown fields filter nothing out.
bool passes(const json& body, const http::Query& filters) {
    for (const auto& [name, value] : filters) {
        const auto found = body.find(name);
        if (found == body.end())
            continue;
        const bool equal = found->is_boolean()  ? *found == (value != "false" && value != "0")
                           : found->is_string() ? *found == value
                                                : true;
        if (!equal)
            return false;
    }
    return true;
}

Outcome<Response> list(Store& store, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("list_{}", of.plural)));
    auto found = json::array();
    for (auto& body : store.list(of.kind))
        if (passes(body, request.query))
            found.push_back(with_links(std::move(body), of, request));
    return Response::json(200, {{of.plural, std::move(found)},
                                {"links",
                                 {{"self", request.base_url + request.target},
                                  {"previous", nullptr},
                                  {"next", nullptr}}}});
}

bool is_own(const Collection& of, std::string_view id, const http::Caller& caller) {
    return (std::string_view(of.kind) == "user" && id == caller.user_id) ||
           (std::string_view(of.kind) == "project" && id == caller.project_id);
}

Outcome<Response> show(Store& store, const Collection& of, const Request& request) {
    const std::string& id = request.parameter("id");
    if (!is_own(of, id, *request.caller))
        VTPMLAB_CHECK(need_admin(request, fmt::format("get_{}", of.kind)));
    auto body = store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    return Response::json(200, {{of.kind, with_links(std::move(*body), of, request)}});
}

Outcome<json> submitted(const Collection& of, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    const auto found = body.find(of.kind);
    if (!body.is_object() || found == body.end() || !found->is_object())
        return refuse(400, fmt::format("Expecting to find {} in request body. The server could not "
                                       "comply with the request since it is either malformed or "
                                       "otherwise incorrect. The client is assumed to be in error.",
                                       of.kind));
    return *found;
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
    if (of.domain == Domain::owned)
        set("domain_id", std::string(default_domain_id));
    if (kind != "role" && kind != "region")
        set("enabled", true);
    if (kind == "project") {
        set("description", "");
        set("parent_id", body["domain_id"]);
        set("is_domain", false);
    }
    if (kind == "domain" || kind == "region")
        set("description", "");
    if (kind == "role") {
        set("domain_id", nullptr);
        set("description", nullptr);
    }
    if (kind == "user")
        set("password_expires_at", nullptr);
    if (kind == "region")
        set("parent_region_id", nullptr);
    if (kind == "endpoint")
        body["region"] = body.value("region_id", json(nullptr));
    if (kind == "project" || kind == "domain" || kind == "user" || kind == "role")
        set("options", json::object());
    if (kind == "project" || kind == "domain")
        set("tags", json::array());
    return body;
}

Outcome<Response> create(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("create_{}", of.kind)));
    VTPMLAB_TRY(json body, submitted(of, request));
    if (*of.required && (!body.contains(of.required) || !body[of.required].is_string() ||
                         body[of.required].get<std::string>().empty()))
        return refuse(400, fmt::format("'{}' is a required property", of.required));
    const auto password = take_password(body);
    body = with_defaults(of, std::move(body));
    if (!parts.store.insert(of.kind, body))
        return refuse(409, fmt::format("Conflict occurred attempting to store {} - Duplicate entry "
                                       "found with name {}.",
                                       of.kind, body.value("name", json("")).dump()));
    if (password)
        parts.store.set_password(body["id"].get<std::string>(), *password);
    return Response::json(201, {{of.kind, with_links(std::move(body), of, request)}});
}

Outcome<Response> update(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("update_{}", of.kind)));
    const std::string& id = request.parameter("id");
    auto body = parts.store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    VTPMLAB_TRY(json changes, submitted(of, request));
    const auto password = take_password(changes);
    changes.erase("id");
    changes.erase("links");
    body->update(changes);
    if (!parts.store.update(of.kind, *body))
        return refuse(
            409,
            fmt::format("Conflict occurred attempting to store {} - Duplicate entry.", of.kind));
    if (password)
        parts.store.set_password(id, *password);
    return Response::json(200, {{of.kind, with_links(std::move(*body), of, request)}});
}

Outcome<Response> remove(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, fmt::format("delete_{}", of.kind)));
    const std::string& id = request.parameter("id");
    const auto body = parts.store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    if (of.removal == Delete::only_when_disabled && body->value("enabled", true))
        return refuse(403,
                      fmt::format("You are not authorized to perform the requested action: "
                                  "Cannot delete a {} that is enabled, please disable it first.",
                                  of.kind));
    parts.store.remove(of.kind, id);
    return Response::empty(204);
}

Outcome<Response> user_projects(Store& store, const Request& request) {
    const std::string& id = request.parameter("id");
    if (id != request.caller->user_id)
        VTPMLAB_CHECK(need_admin(request, "list_user_projects"));
    if (!store.find("user", id))
        return refuse(404, fmt::format("Could not find user: {}.", id));
    auto found = json::array();
    for (auto& project : store.list("project"))
        if (!store.roles_of(id, Scope{Scope::Kind::project, project["id"].get<std::string>()})
                 .empty())
            found.push_back(with_links(std::move(project), collections[1], request));
    return Response::json(
        200,
        {{"projects", std::move(found)},
         {"links",
          {{"self", request.base_url + request.path}, {"previous", nullptr}, {"next", nullptr}}}});
}

Outcome<Response> list_assignments(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, "list_role_assignments"));
    const bool names = request.query.contains("include_names");
    const auto entry = [&](Kind kind, const std::string& id) {
        json value = {{"id", id}};
        if (const auto body = names ? store.find(kind, id) : std::nullopt) {
            value["name"] = (*body)["name"];
            if (const auto domain = body->value("domain_id", json(nullptr)); domain.is_string())
                if (const auto in = store.find("domain", domain.get<std::string>()))
                    value["domain"] = {{"id", (*in)["id"]}, {"name", (*in)["name"]}};
        }
        return value;
    };
    const auto wanted = [&](const char* name, const std::string& value) {
        const std::string* filter = request.query.find(name);
        return !filter || *filter == value;
    };
    auto found = json::array();
    for (const auto& assignment : store.assignments()) {
        const bool of_project = assignment.scope.kind == Scope::Kind::project;
        const bool of_domain = assignment.scope.kind == Scope::Kind::domain;
        if (!wanted("user.id", assignment.user_id) || !wanted("role.id", assignment.role_id) ||
            !wanted("scope.project.id", of_project ? assignment.scope.id : "") ||
            !wanted("scope.domain.id", of_domain ? assignment.scope.id : ""))
            continue;
        json scope = of_project  ? json{{"project", entry("project", assignment.scope.id)}}
                     : of_domain ? json{{"domain", entry("domain", assignment.scope.id)}}
                                 : json{{"system", {{"all", true}}}};
        found.push_back({{"role", entry("role", assignment.role_id)},
                         {"user", entry("user", assignment.user_id)},
                         {"scope", std::move(scope)},
                         {"links", json::object()}});
    }
    return Response::json(200, {{"role_assignments", std::move(found)},
                                {"links",
                                 {{"self", request.base_url + request.target},
                                  {"previous", nullptr},
                                  {"next", nullptr}}}});
}

Outcome<Assignment> named_assignment(Store& store, const Request& request,
                                     const std::string& action) {
    VTPMLAB_CHECK(need_admin(request, action));
    const std::string& project = request.parameter("project_id");
    for (const auto& [kind, parameter] :
         {std::pair("project", "project_id"), std::pair("user", "user_id"),
          std::pair("role", "role_id")})
        if (!store.find(kind, request.parameter(parameter)))
            return refuse(
                404, fmt::format("Could not find {}: {}.", kind, request.parameter(parameter)));
    return Assignment{request.parameter("user_id"), request.parameter("role_id"),
                      Scope{Scope::Kind::project, project}};
}

Outcome<Response> grant(Store& store, const Request& request) {
    VTPMLAB_TRY(const Assignment assignment, named_assignment(store, request, "create_grant"));
    store.assign(assignment);
    return Response::empty(204);
}

Outcome<Response> revoke_grant(Store& store, const Request& request) {
    VTPMLAB_TRY(const Assignment assignment, named_assignment(store, request, "revoke_grant"));
    if (!store.unassign(assignment))
        return refuse(404,
                      fmt::format("Could not find role assignment with role: {}, user or group: "
                                  "{}, project, domain, or system: {}.",
                                  assignment.role_id, assignment.user_id, assignment.scope.id));
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
    const char* grant_path = "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}";
    routes.push_back({"GET", "/v3/users/{id}/projects",
                      [&store](const Request& r) { return user_projects(store, r); }});
    routes.push_back({"GET", "/v3/role_assignments",
                      [&store](const Request& r) { return list_assignments(store, r); }});
    routes.push_back({"PUT", grant_path, [&store](const Request& r) { return grant(store, r); }});
    routes.push_back(
        {"DELETE", grant_path, [&store](const Request& r) { return revoke_grant(store, r); }});
    return routes;
}

} // namespace vtpmlab::fakes::keystone
