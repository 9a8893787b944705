// Users, groups, projects, domains, roles, services, endpoints and regions: one set of handlers,
// told apart by a table.

#include "keystone/common.h"
#include "keystone/identifiers.h"
#include "keystone/resource_rules.h"
#include "keystone/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::keystone {

using OrderedJson = nlohmann::ordered_json;

namespace {

struct Collection {
    const char* kind;   // "user"
    const char* plural; // "users"
    bool in_domain;     // lives in one
    bool for_all;       // everybody may look at it
};

constexpr Collection collections[] = {
    {"domain", "domains", false, false},     {"project", "projects", true, false},
    {"user", "users", true, false},          {"group", "groups", true, false},
    {"role", "roles", false, false},         {"service", "services", false, false},
    {"endpoint", "endpoints", false, false}, {"region", "regions", false, true},
};

tl::unexpected<http::Fault> missing(const Collection& of, std::string_view id) {
    return could_not_find(of.kind, id);
}

// As it comes out of the database: tags in their order.
json shown(const Collection& of, json body, const Request& request) {
    if (const auto tags = body.find("tags"); tags != body.end())
        std::sort(tags->begin(), tags->end());
    return with_link(std::move(body), of.plural, request);
}

Outcome<Response> list(Store& store, const Collection& of, const Request& request) {
    if (!of.for_all)
        VTPMLAB_CHECK(need_reader(request, fmt::format("list_{}", of.plural)));
    auto found = json::array();
    for (auto& body : store.list(of.kind, request.query.find("name")))
        if (passes(body, request.query) && has_tags(body, request.query))
            found.push_back(shown(of, std::move(body), request));
    return listed(request, of.plural, std::move(found));
}

bool is_own(const Collection& of, std::string_view id, const http::Caller& caller) {
    return (std::string_view(of.kind) == "user" && id == caller.user_id) ||
           (std::string_view(of.kind) == "project" && id == caller.project_id);
}

Outcome<Response> show(Store& store, const Collection& of, const Request& request) {
    const std::string& id = request.parameter("id");
    if (!of.for_all && !is_own(of, id, *request.caller))
        VTPMLAB_CHECK(need_reader(request, fmt::format("get_{}", of.kind)));
    auto body = store.find(of.kind, id);
    if (!body)
        return missing(of, id);
    return Response::json(200, {{of.kind, shown(of, std::move(*body), request)}});
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
    if (const auto own = body.find("explicit_domain_id"); kind == "domain" && own != body.end()) {
        body["id"] = *own;
        body.erase(own);
    }
    if (of.in_domain && body.value("domain_id", json(nullptr)).is_null())
        body["domain_id"] = std::string(default_domain_id);
    if (kind != "role" && kind != "region" && kind != "group")
        set("enabled", true);
    if (kind == "project") {
        set("is_domain", false);
        if (body.value("parent_id", json(nullptr)).is_null())
            body["parent_id"] = body["domain_id"];
    }
    if (kind == "domain" || kind == "project" || kind == "group")
        set("description", "");
    if (kind == "region" && body.value("description", json(nullptr)).is_null())
        body["description"] = "";
    if (kind == "role") {
        set("domain_id", nullptr);
        set("description", nullptr);
    }
    if (kind == "user")
        set("password_expires_at", nullptr);
    if (kind == "region")
        set("parent_region_id", nullptr);
    if (kind == "service")
        set("name", "");
    if (kind == "project" || kind == "domain" || kind == "user" || kind == "role")
        set("options", json::object());
    if (kind == "project" || kind == "domain")
        set("tags", json::array());
    return body;
}

// What is the same of every document, however it came about.
json settled(const Collection& of, json body) {
    if (std::string_view(of.kind) == "endpoint") // "region" is the old name
        body["region"] = body["region_id"] = body.value("region_id", json(nullptr));
    if (const auto options = body.find("options"); options != body.end()) {
        json left = json::object(); // null takes an option away
        for (const auto& [name, value] : options->items())
            if (!value.is_null())
                left[name] = value;
        *options = std::move(left);
    }
    return body;
}

// How Keystone tells a name that is taken, different for nearly every kind.
enum class While { creating, changing };
tl::unexpected<http::Fault> conflict(const Collection& of, const json& body, While doing) {
    const std::string_view kind = of.kind;
    const auto name = body.value("name", json("")).get<std::string>();
    std::string details = "Duplicate entry found with name " + name;
    if (kind == "domain")
        details =
            "it is not permitted to have two projects acting as domains with the same name: " +
            name;
    else if (kind == "project")
        details = fmt::format("it is not permitted to have two projects with either the same name "
                              "or same id in the same domain: name is {}, project id {}",
                              name, body["id"].get<std::string>());
    else if (kind == "region") // the second full stop is Keystone's
        details = fmt::format("Duplicate ID, {}.", body["id"].get<std::string>());
    else if (of.in_domain && doing == While::creating)
        details += " at domain ID " + body["domain_id"].get<std::string>();
    return refuse(409, fmt::format("Conflict occurred attempting to store {} - {}.",
                                   kind == "domain" ? "project" : kind, details));
}

// The member a body brings, right by the schema of that verb. Without it, some kinds see an empty
// object and some nothing.
Outcome<json> brought(const Collection& of, const char* verb, const OrderedJson& body) {
    const std::string_view kind = of.kind;
    const bool is_null = kind == "service" || kind == "endpoint" || kind == "region";
    return submitted(body, of.kind, fmt::format("{}_{}", kind, verb),
                     is_null ? json(nullptr) : json::object());
}

bool is_id(const std::string& text) {
    constexpr std::size_t length = 32;
    return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Outcome<Response> create(Parts parts, const Collection& of, const Request& request) {
    VTPMLAB_TRY(const OrderedJson sent, object_body(request));
    VTPMLAB_CHECK(need_admin(request, fmt::format("create_{}", of.kind)));
    VTPMLAB_TRY(json body, brought(of, "create", sent));
    if (const auto own = body.find("explicit_domain_id");
        std::string_view(of.kind) == "domain" && own != body.end() &&
        !(own->is_string() && is_id(own->get<std::string>())))
        return refuse(400, "Domain ID does not conform to required UUID format.");
    const auto password = take_password(body);
    if (std::string_view(of.kind) == "user")
        body.erase("extra"); // a name that Keystone has for something else
    body = with_defaults(of, std::move(body));
    VTPMLAB_CHECK(check_new(parts.store, of.kind, body));
    body = settled(of, std::move(body));
    if (!parts.store.insert(of.kind, body))
        return conflict(of, body, While::creating);
    if (password)
        parts.store.set_password(body["id"].get<std::string>(), *password);
    return Response::json(201, {{of.kind, with_link(std::move(body), of.plural, request)}});
}

// What Keystone keeps beside its own columns, and shows twice after a change of some kinds.
void show_extra(const Collection& of, json& body) {
    const std::string_view kind = of.kind;
    if (kind != "user" && kind != "project")
        return;
    constexpr std::array own = {
        "id",      "name",        "domain_id",          "enabled",
        "options", "parent_id",   "is_domain",          "tags",
        "links",   "description", "default_project_id", "password_expires_at"};
    auto extra = json::object();
    for (const auto& [key, value] : body.items())
        if (std::find(own.begin(), own.end(), key) == own.end() ||
            (kind == "user" && key == "description"))
            extra[key] = value;
    body["extra"] = std::move(extra);
}

Outcome<void> check_id(const Collection& of, const std::string& id, json& changes) {
    const auto told = changes.find("id");
    if (told == changes.end())
        return {};
    const bool is_other = !told->is_null() && *told != id;
    changes.erase(told);
    if (is_other && std::string_view(of.kind) != "domain")
        return refuse(400, "Cannot change ID");
    return {};
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
    VTPMLAB_CHECK(check_id(of, id, changes));
    if (!body)
        return missing(of, id);
    const auto password = take_password(changes);
    VTPMLAB_CHECK(check_change(parts.store, of.kind, *body, changes));
    changes.erase("links");
    if (const auto options = changes.find("options"); options != changes.end()) {
        json all = body->value("options", json::object());
        all.update(*options);
        *options = std::move(all);
    }
    body->update(changes);
    if (std::string_view(of.kind) == "region" && (*body)["description"].is_null())
        (*body)["description"] = "";
    *body = settled(of, std::move(*body));
    if (!parts.store.update(of.kind, *body))
        return conflict(of, *body, While::changing);
    const bool disabled = !body->value("enabled", true);
    if (password)
        parts.store.set_password(id, *password);
    // Who has another password, or none of this any more, starts anew.
    if (std::string_view(of.kind) == "user" && (password || disabled))
        parts.store.revoke_all_of(id);
    if (std::string_view(of.kind) == "user" && disabled)
        parts.store.remove_credentials_of(id);
    show_extra(of, *body);
    return Response::json(200, {{of.kind, shown(of, std::move(*body), request)}});
}

Outcome<Response> remove(Parts parts, const Collection& of, const Request& request) {
    const std::string& id = request.parameter("id");
    const auto body = parts.store.find(of.kind, id);
    const bool of_domain = std::string_view(of.kind) == "role" && body &&
                           !body->value("domain_id", json(nullptr)).is_null();
    VTPMLAB_CHECK(
        need_admin(request, fmt::format("delete_{}{}", of_domain ? "domain_" : "", of.kind)));
    if (!body)
        return missing(of, id);
    VTPMLAB_CHECK(check_removal(parts.store, of.kind, *body));
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
