// Who somebody is, by what they show of themselves, and for what they want to be somebody: the part
// of Tokens that answers POST /v3/auth/tokens.

#include "keystone/common.h"
#include "keystone/enabled.h"
#include "keystone/tokens.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace vtpmlab::fakes::keystone {

namespace {

tl::unexpected<http::Fault> unauthorized() {
    return refuse(401, "The request you have made requires authentication.");
}

const json* member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

const json* object_at(const json& object, const char* key) {
    const json* found = object.is_object() ? member(object, key) : nullptr;
    return found && found->is_object() ? found : nullptr;
}

std::optional<std::string> text_at(const json& object, const char* key) {
    const json* found = member(object, key);
    if (!found || !found->is_string())
        return std::nullopt;
    return found->get<std::string>();
}

} // namespace

struct Tokens::Authenticated {
    json user;
    std::vector<std::string> methods;
    std::optional<Clock::Time> not_after; // a token from a token never lives longer
    Scope scope;                          // where a token comes from, the scope it had
    std::string application_credential_id = {};
};

Outcome<IssuedToken> Tokens::authenticate(const json& body) {
    const json* auth = object_at(body, "auth");
    if (!auth)
        return expecting("auth", "request body");
    const json* identity = object_at(*auth, "identity");
    if (!identity)
        return expecting("identity", "auth");
    const json* methods = member(*identity, "methods");
    if (!methods || !methods->is_array() || methods->empty())
        return expecting("methods", "identity");

    std::optional<Authenticated> who;
    for (const auto& method : *methods) {
        if (!method.is_string())
            return expecting("methods", "identity");
        const auto name = method.get<std::string>();
        const json* details = object_at(*identity, name.c_str());
        if (!details)
            return expecting(name, "identity");
        if (name != "password" && name != "token" && name != "application_credential")
            return refuse(401, "Attempted to authenticate with an unsupported method.");
        VTPMLAB_TRY(auto found, name == "password" ? by_password(*details)
                                : name == "token"  ? by_token(*details)
                                                   : by_application_credential(*details));
        if (who && who->user["id"] != found.user["id"])
            return unauthorized();
        if (who)
            found.methods.insert(found.methods.begin(), who->methods.begin(), who->methods.end());
        who = std::move(found);
    }

    TokenRecord record;
    record.user_id = who->user["id"].get<std::string>();
    record.application_credential_id = who->application_credential_id;
    if (record.application_credential_id.empty()) {
        VTPMLAB_TRY(record.scope, wanted_scope(*auth, who->user));
    } else if (member(*auth, "scope") && who->methods.back() == "application_credential") {
        return refuse(401, "Error authenticating with application credential: Application "
                           "credentials cannot request a scope.");
    } else { // whatever is asked for: such a token has no other scope
        record.scope = who->scope;
    }
    record.methods = who->methods;
    auto issued = issue(std::move(record), who->not_after);
    if (!issued)
        return unauthorized(); // no role there
    return std::move(*issued);
}

Outcome<Tokens::Authenticated> Tokens::by_password(const json& method) {
    const json* wanted = object_at(method, "user");
    if (!wanted)
        return expecting("user", "password");
    const auto password = text_at(*wanted, "password");
    if (!password)
        return expecting("password", "user");
    if (!member(*wanted, "id") && !member(*wanted, "name"))
        return expecting("id or name", "user");
    if (!member(*wanted, "id") && !object_at(*wanted, "domain"))
        return expecting("domain", "user");
    auto user = find_with_domain("user", *wanted);
    if (!is_enabled(user) || !is_domain_enabled(store_, *user) ||
        !store_.password_matches((*user)["id"].get<std::string>(), *password))
        return unauthorized();
    return Authenticated{std::move(*user), {"password"}, {}, {}};
}

Outcome<Tokens::Authenticated> Tokens::by_token(const json& method) {
    const auto id = text_at(method, "id");
    if (!id)
        return expecting("id", "token");
    const auto record = check(*id, http::AllowExpired::no);
    if (!record)
        return refuse(404, "Could not recognize Fernet token");
    auto user = store_.find("user", record->user_id);
    if (!is_enabled(user))
        return unauthorized();
    auto methods = record->methods;
    if (std::find(methods.begin(), methods.end(), "token") == methods.end())
        methods.push_back("token");
    return Authenticated{std::move(*user), std::move(methods), record->expires_at, record->scope,
                         record->application_credential_id};
}

Outcome<Tokens::Authenticated> Tokens::by_application_credential(const json& method) {
    const auto id = text_at(method, "id"), name = text_at(method, "name");
    std::optional<ApplicationCredential> credential;
    if (id) {
        credential = store_.credential(*id);
    } else if (!name) {
        return expecting("name or ID", "application credential");
    } else {
        const json* owner = object_at(method, "user");
        if (!owner)
            return expecting("user", "application credential");
        if (!member(*owner, "id") && !object_at(*owner, "domain"))
            return expecting("domain", "user");
        if (const auto user = find_with_domain("user", *owner))
            for (auto& candidate : store_.credentials_of((*user)["id"].get<std::string>()))
                if (candidate.name == *name)
                    credential = std::move(candidate);
    }
    const auto secret = text_at(method, "secret");
    if (!credential || !secret ||
        (credential->expires_at && *credential->expires_at <= clock_->now()) ||
        !store_.password_matches(credential->id, *secret))
        return unauthorized();
    auto user = store_.find("user", credential->user_id);
    if (!is_enabled(user))
        return unauthorized();
    return Authenticated{std::move(*user),
                         {"application_credential"},
                         credential->expires_at,
                         Scope{Scope::Kind::project, credential->project_id},
                         credential->id};
}

// By id, or by name and the domain it is in.
std::optional<json> Tokens::find_with_domain(Kind kind, const json& reference) {
    if (const auto id = text_at(reference, "id"))
        return store_.find(kind, *id);
    const auto name = text_at(reference, "name");
    if (!name)
        return std::nullopt;
    if (kind == "domain")
        return store_.find_named("domain", "", *name);
    const json* domain_reference = object_at(reference, "domain");
    if (!domain_reference)
        return std::nullopt;
    const auto domain = find_with_domain("domain", *domain_reference);
    if (!is_enabled(domain))
        return std::nullopt;
    return store_.find_named(kind, (*domain)["id"].get<std::string>(), *name);
}

Outcome<Scope> Tokens::wanted_scope(const json& auth, const json& user) {
    const json* scope = member(auth, "scope");
    if (!scope) {
        const auto project = text_at(user, "default_project_id");
        if (project && is_enabled(store_.find("project", *project)))
            return Scope{Scope::Kind::project, *project};
        return Scope{};
    }
    if (scope->is_string() && *scope == "unscoped")
        return Scope{};
    if (!scope->is_object())
        return expecting("scope", "auth");
    if (const json* system = object_at(*scope, "system")) {
        if (system->value("all", json(false)) != true)
            return expecting("all", "system");
        return Scope{Scope::Kind::system, {}};
    }
    if (member(*scope, "unscoped"))
        return Scope{};
    const bool for_project = object_at(*scope, "project") != nullptr;
    const json* reference = object_at(*scope, for_project ? "project" : "domain");
    if (!reference)
        return expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope");
    const auto target = find_with_domain(for_project ? "project" : "domain", *reference);
    if (!is_enabled(target))
        return unauthorized();
    return Scope{for_project ? Scope::Kind::project : Scope::Kind::domain,
                 (*target)["id"].get<std::string>()};
}

} // namespace vtpmlab::fakes::keystone
