// Discovery and /v3/auth.

#include "keystone/common.h"
#include "keystone/routes.h"
#include "keystone/schemas.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::keystone {

using http::Access;

namespace {

json version_of(const Request& request) {
    return {
        {"id", "v3.14"},
        {"status", "stable"},
        {"updated", "2020-04-07T00:00:00Z"},
        {"links", json::array({{{"rel", "self"}, {"href", request.base_url + "/v3/"}}})},
        {"media-types", json::array({{{"base", "application/json"},
                                      {"type", "application/vnd.openstack.identity-v3+json"}}})}};
}

Response versions(const Request& request) {
    return Response::json(300, {{"versions", {{"values", json::array({version_of(request)})}}}})
        .with("Location", request.base_url + "/v3/");
}

WithCatalog wants_catalog(const Request& request) {
    return request.query.contains("nocatalog") ? WithCatalog::no : WithCatalog::yes;
}

Response told(int status, const Tokens::Text& text, std::string token) {
    Response response = Response::text(status, *text.json, "application/json");
    response.masked = text.masked;
    return response.with("X-Subject-Token", std::move(token));
}

Outcome<Response> issue(Tokens& tokens, const Request& request) {
    VTPMLAB_TRY(const nlohmann::ordered_json body, object_body(request));
    if (const auto auth = body.find("auth"); auth != body.end())
        VTPMLAB_CHECK(check_auth(*auth));
    VTPMLAB_TRY(auto issued, tokens.authenticate(json(body)));
    const auto described = tokens.describe(issued.record, wants_catalog(request));
    if (!described)
        return refuse(401, "The request you have made requires authentication.");
    return told(201, *described, issued.token);
}

// The token in X-Subject-Token, if the caller may see it: its own, or any for admins and services.
Outcome<TokenRecord> subject(Tokens& tokens, const Request& request, const char* action) {
    const std::string token(request.headers.value("X-Subject-Token"));
    const auto allow =
        request.query.contains("allow_expired") ? http::AllowExpired::yes : http::AllowExpired::no;
    auto record = tokens.check(token, allow);
    const auto& caller = *request.caller;
    const bool privileged = caller.has_role("admin") || caller.has_role("service");
    if (!privileged && !(record && record->user_id == caller.user_id))
        return refuse(403, std::string("You are not authorized to perform the requested action: ") +
                               action + ".");
    // Who does not know of access rules must not take such a token for a full one.
    if (record && tokens.has_access_rules(*record) &&
        request.headers.value("OpenStack-Identity-Access-Rules").empty())
        return refuse(404, "Could not find token: " + record->audit_id + ".");
    if (!record)
        return refuse(404, token.substr(0, 6) == "gAAAAA" ? "Failed to validate token"
                                                          : "Could not recognize Fernet token");
    return std::move(*record);
}

Outcome<Response> validate(Tokens& tokens, const Request& request) {
    VTPMLAB_TRY(const TokenRecord record, subject(tokens, request, "identity:validate_token"));
    const auto described = tokens.describe(record, wants_catalog(request));
    if (!described)
        return refuse(404, "Failed to validate token");
    return told(200, *described, std::string(request.headers.value("X-Subject-Token")));
}

Outcome<Response> revoke(Store& store, Tokens& tokens, const Request& request) {
    VTPMLAB_TRY(const TokenRecord record, subject(tokens, request, "identity:revoke_token"));
    store.revoke(request.headers.value("X-Subject-Token"));
    return Response::empty(204);
}

// Where the caller has a role.
Response own(Store& store, const Request& request, Scope::Kind kind) {
    const char* plural = kind == Scope::Kind::project ? "projects" : "domains";
    auto found = json::array();
    for (auto& resource : store.list(kind == Scope::Kind::project ? "project" : "domain")) {
        const Scope scope{kind, resource["id"].get<std::string>()};
        if (resource.value("enabled", true) &&
            !store.roles_of(request.caller->user_id, scope).empty())
            found.push_back(with_link(std::move(resource), plural, request));
    }
    return listed(request, plural, std::move(found));
}

Response own_system(Store& store, const Request& request) {
    auto found = json::array();
    if (!store.roles_of(request.caller->user_id, Scope{Scope::Kind::system, {}}).empty())
        found.push_back({{"all", true}});
    return listed(request, "system", std::move(found));
}

Outcome<Response> own_catalog(Catalog& catalog, const Request& request) {
    const auto& caller = *request.caller;
    if (caller.project_id.empty() && caller.domain_id.empty() && !caller.system_scope)
        return refuse(403, "You are not authorized to perform the requested action.");
    return listed(request, "catalog", catalog.current()->array);
}

} // namespace

std::vector<http::Route> auth_routes(Parts parts) {
    Store& store = parts.store;
    Catalog& catalog = parts.catalog;
    Tokens& tokens = parts.tokens;
    return {
        {"GET", "/", versions, Access::open},
        {"GET", "/v3",
         [](const Request& request) {
             return Response::json(200, {{"version", version_of(request)}});
         },
         Access::open},
        {"POST", "/v3/auth/tokens",
         [&tokens](const Request& request) { return issue(tokens, request); }, Access::open,
         Body::bytes},
        {"GET", "/v3/auth/tokens",
         [&tokens](const Request& request) { return validate(tokens, request); }},
        {"DELETE", "/v3/auth/tokens",
         [&store, &tokens](const Request& request) { return revoke(store, tokens, request); }},
        {"GET", "/v3/auth/catalog",
         [&catalog](const Request& request) { return own_catalog(catalog, request); }},
        {"GET", "/v3/auth/projects",
         [&store](const Request& request) { return own(store, request, Scope::Kind::project); }},
        {"GET", "/v3/auth/domains",
         [&store](const Request& request) { return own(store, request, Scope::Kind::domain); }},
        {"GET", "/v3/auth/system",
         [&store](const Request& request) { return own_system(store, request); }},
    };
}

} // namespace vtpmlab::fakes::keystone
