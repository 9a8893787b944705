// Application credentials: what a user may do on a project, handed to a program without the user's
// password; and the access rules that narrow it to single requests.

#include "http/json.h"
#include "http/timestamp.h"
#include "keystone/common.h"
#include "keystone/identifiers.h"
#include "keystone/routes.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::fakes::keystone {

namespace {

constexpr std::string_view client_is_wrong =
    " The server could not comply with the request since it is either malformed or otherwise "
    "incorrect. The client is assumed to be in error.";

class Credentials {
public:
    Credentials(Parts parts, std::shared_ptr<const Clock> clock)
        : store_(parts.store), tokens_(parts.tokens), clock_(std::move(clock)) {}

    Outcome<Response> list(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "list_application_credentials"));
        auto found = json::array();
        for (const auto& credential : store_.credentials_of(request.parameter("user_id"))) {
            json body = shown(credential, request);
            if (passes(body, request.query))
                found.push_back(std::move(body));
        }
        return listed(request, "application_credentials", std::move(found));
    }

    Outcome<Response> show(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "get_application_credential"));
        VTPMLAB_TRY(const ApplicationCredential credential, named(request));
        return Response::json(200, {{"application_credential", shown(credential, request)}});
    }

    Outcome<Response> create(const Request& request) {
        VTPMLAB_TRY(const nlohmann::ordered_json body_sent, object_body(request));
        VTPMLAB_TRY(const json sent, submitted(body_sent, "application_credential",
                                               "application_credential_create", json::object()));
        VTPMLAB_CHECK(need_unrestricted(request));
        const auto& caller = *request.caller;
        if (caller.user_id != request.parameter("user_id"))
            return forbidden("create_application_credential");
        if (caller.project_id.empty())
            return forbidden("create_application_credential");
        ApplicationCredential credential;
        credential.id = new_id();
        credential.user_id = caller.user_id;
        credential.project_id = caller.project_id;
        credential.name = sent["name"].get<std::string>();
        VTPMLAB_TRY(credential.expires_at, expiry_of(sent));
        json body = {{"description", sent.value("description", json(nullptr))},
                     {"unrestricted", sent.value("unrestricted", json(nullptr))}};
        VTPMLAB_TRY(body["roles"], roles_of(sent, request));
        if (const auto rules = sent.find("access_rules"); rules != sent.end()) {
            VTPMLAB_TRY(body["access_rules"], rules_of(*rules, caller.user_id));
        }
        credential.body = http::dump_json(body);
        const auto given = sent.find("secret");
        const std::string secret = given != sent.end() && given->is_string() &&
                                           !given->get_ref<const std::string&>().empty()
                                       ? given->get<std::string>()
                                       : url_safe_random(64);
        if (!store_.insert(credential, secret))
            return refuse(409, fmt::format("Conflict occurred attempting to store "
                                           "application_credential - Duplicate entry found with "
                                           "name {}.",
                                           credential.name));
        json answer = shown(credential, request);
        answer["secret"] = secret; // this once
        return Response::json(201, {{"application_credential", std::move(answer)}});
    }

    Outcome<Response> remove(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "delete_application_credential"));
        VTPMLAB_CHECK(need_unrestricted(request));
        VTPMLAB_TRY(const ApplicationCredential credential, named(request));
        store_.remove_credential(credential.id);
        return Response::empty(204);
    }

    Outcome<Response> list_rules(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "list_access_rules"));
        auto found = json::array();
        for (const auto& rule : store_.access_rules_of(request.parameter("user_id")))
            if (json body = shown(rule, request); passes(body, request.query))
                found.push_back(std::move(body));
        return listed(request, "access_rules", std::move(found));
    }

    Outcome<Response> show_rule(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "get_access_rule"));
        VTPMLAB_TRY(const AccessRule rule, named_rule(request));
        return Response::json(200, {{"access_rule", shown(rule, request)}});
    }

    Outcome<Response> remove_rule(const Request& request) {
        VTPMLAB_CHECK(need_owner(request, "delete_access_rule"));
        VTPMLAB_TRY(const AccessRule rule, named_rule(request));
        for (const auto& credential : store_.credentials_of(rule.user_id)) {
            const json body = json::parse(credential.body);
            const auto rules = body.value("access_rules", json::array());
            if (std::find(rules.begin(), rules.end(), json(rule.id)) != rules.end())
                return refuse(403, "May not delete access rule in use");
        }
        store_.remove_access_rule(rule.id);
        return Response::empty(204);
    }

private:
    // The user, or somebody who may do everything.
    Outcome<void> need_owner(const Request& request, const char* action) const {
        if (request.caller->user_id == request.parameter("user_id"))
            return {};
        if (std::string_view(action).substr(0, 6) == "delete")
            return need_admin(request, action);
        return need_reader(request, action);
    }

    // A program that got a credential may not make itself more of them.
    Outcome<void> need_unrestricted(const Request& request) const {
        const auto record = tokens_.check(request.token(), http::AllowExpired::no);
        if (!record || record->application_credential_id.empty())
            return {};
        const auto own = store_.credential(record->application_credential_id);
        if (own && json::parse(own->body).value("unrestricted", json(nullptr)) == true)
            return {};
        return refuse(403, "You are not authorized to perform the requested action: Using method "
                           "'application_credential' is not allowed for managing additional "
                           "application credentials..");
    }

    Outcome<ApplicationCredential> named(const Request& request) const {
        const std::string& id = request.parameter("id");
        auto credential = store_.credential(id);
        if (!credential || credential->user_id != request.parameter("user_id"))
            return could_not_find("Application Credential", id);
        return std::move(*credential);
    }

    Outcome<AccessRule> named_rule(const Request& request) const {
        const std::string& id = request.parameter("id");
        auto rule = store_.access_rule(id);
        if (!rule || rule->user_id != request.parameter("user_id"))
            return could_not_find("Access Rule", id);
        return std::move(*rule);
    }

    Outcome<std::optional<Clock::Time>> expiry_of(const json& sent) const {
        const auto found = sent.find("expires_at");
        if (found == sent.end() || !found->is_string())
            return std::nullopt;
        const auto time = http::parse_timestamp(found->get_ref<const std::string&>());
        if (!time)
            return refuse(400, "Timestamp not in expected format." + std::string(client_is_wrong));
        if (*time <= clock_->now())
            return refuse(400, "The 'expires_at' must not be before now." +
                                   std::string(client_is_wrong));
        return time;
    }

    // Ids. Those of the caller's token if none are named, never others.
    Outcome<json> roles_of(const json& sent, const Request& request) const {
        const auto record = tokens_.check(request.token(), http::AllowExpired::no);
        const auto own = record ? tokens_.roles_of(*record) : std::vector<std::string>();
        const auto wanted = sent.value("roles", json::array());
        if (wanted.empty())
            return json(own);
        auto roles = json::array();
        for (const auto& role : wanted) {
            std::string id = role.value("id", "");
            if (id.empty()) {
                const auto name = role.value("name", "");
                const auto found = store_.find_named("role", "", name);
                if (!found)
                    return refuse(404, fmt::format("Role {} is not defined", name));
                id = (*found)["id"].get<std::string>();
            }
            if (std::find(own.begin(), own.end(), id) == own.end())
                return refuse(400, "Invalid application credential: Cannot create an application "
                                   "credential with unassigned role");
            roles.push_back(id);
        }
        return roles;
    }

    // Ids; a rule is named by its id or described.
    Outcome<json> rules_of(const json& sent, const std::string& user_id) const {
        auto ids = json::array();
        for (const auto& rule : sent) {
            if (const auto id = rule.value("id", ""); !id.empty()) {
                const auto there = store_.access_rule(id);
                if (!there || there->user_id != user_id)
                    return could_not_find("Access Rule", id);
                ids.push_back(id);
                continue;
            }
            const AccessRule wanted{new_id(), user_id, rule.value("service", ""),
                                    rule.value("path", ""), rule.value("method", "")};
            ids.push_back(store_.ensure_rule(wanted));
        }
        return ids;
    }

    json shown(const ApplicationCredential& credential, const Request& request) const {
        json body = json::parse(credential.body);
        auto roles = json::array();
        for (const auto& id : body["roles"])
            if (auto role = store_.find("role", id.get<std::string>()))
                roles.push_back(std::move(*role));
        body["roles"] = std::move(roles);
        if (body.contains("access_rules")) {
            auto rules = json::array();
            for (const auto& id : body["access_rules"])
                if (const auto rule = store_.access_rule(id.get<std::string>()))
                    rules.push_back(described(*rule));
            body["access_rules"] = std::move(rules);
        }
        body["id"] = credential.id;
        body["name"] = credential.name;
        body["project_id"] = credential.project_id;
        body["user_id"] = credential.user_id;
        body["system"] = nullptr;
        body["expires_at"] = credential.expires_at
                                 ? json(http::timestamp_naive(*credential.expires_at))
                                 : json(nullptr);
        return with_link(std::move(body), "application_credentials", request);
    }

    static json described(const AccessRule& rule) {
        return {{"id", rule.id},
                {"service", rule.service},
                {"path", rule.path},
                {"method", rule.method}};
    }
    static json shown(const AccessRule& rule, const Request& request) {
        return with_link(described(rule), fmt::format("users/{}/access_rules", rule.user_id),
                         request);
    }

    Store& store_;
    Tokens& tokens_;
    std::shared_ptr<const Clock> clock_;
};

} // namespace

std::vector<http::Route> credential_routes(Parts parts, std::shared_ptr<const Clock> clock) {
    const auto handlers = std::make_shared<Credentials>(parts, std::move(clock));
    std::vector<http::Route> routes;
    const auto add = [&](const char* method, const char* path,
                         Outcome<Response> (Credentials::*handler)(const Request&)) {
        http::Route route{method, path, [handlers, handler](const Request& request) {
                              return (*handlers.*handler)(request);
                          }};
        if (std::string_view(method) == "POST")
            route.body = Body::bytes;
        routes.push_back(std::move(route));
    };
    const char *all = "/v3/users/{user_id}/application_credentials",
               *one = "/v3/users/{user_id}/application_credentials/{id}",
               *rules = "/v3/users/{user_id}/access_rules",
               *rule = "/v3/users/{user_id}/access_rules/{id}";
    add("GET", all, &Credentials::list);
    add("POST", all, &Credentials::create);
    add("GET", one, &Credentials::show);
    add("DELETE", one, &Credentials::remove);
    add("GET", rules, &Credentials::list_rules);
    add("GET", rule, &Credentials::show_rule);
    add("DELETE", rule, &Credentials::remove_rule);
    return routes;
}

} // namespace vtpmlab::fakes::keystone
