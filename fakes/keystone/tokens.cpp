#include "keystone/tokens.h"

#include "http/json.h"
#include "http/masking.h"
#include "http/timestamp.h"
#include "keystone/common.h"
#include "keystone/identifiers.h"

#include <nlohmann/json.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::keystone {

namespace {

// As [fernet] allow_expired_window.
constexpr auto expired_window = std::chrono::hours(48);

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

bool is_enabled(const std::optional<json>& resource) {
    return resource && resource->value("enabled", true);
}

// A disabled domain disables all that is in it.
bool is_domain_enabled(Store& store, const json& resource) {
    return is_enabled(store.find("domain", resource.value("domain_id", std::string())));
}

json access_rules(Store& store, const json& credential_body) {
    auto shown = json::array();
    for (const auto& id : credential_body["access_rules"])
        if (const auto rule = store.access_rule(id.get<std::string>()))
            shown.push_back({{"id", rule->id},
                             {"service", rule->service},
                             {"path", rule->path},
                             {"method", rule->method}});
    return shown;
}

std::shared_ptr<const http::Identity> identity_from(const json& token, const TokenRecord& record) {
    const auto text = [&](const char* pointer) {
        const json::json_pointer place(pointer);
        return token.contains(place) ? token.at(place).get<std::string>() : std::string();
    };
    auto identity = std::make_shared<http::Identity>();
    identity->user_id = record.user_id;
    identity->user_name = text("/user/name");
    identity->user_domain_id = text("/user/domain/id");
    identity->project_id = text("/project/id");
    identity->project_name = text("/project/name");
    identity->project_domain_id = text("/project/domain/id");
    identity->domain_id = text("/domain/id");
    identity->system_scope = record.scope.kind == Scope::Kind::system;
    identity->expires_at = record.expires_at;
    for (const auto& role : token.value("roles", json::array()))
        identity->roles.push_back(role["name"].get<std::string>());
    return identity;
}

Tokens::Text text_of(const json& token) {
    auto text = std::make_shared<const std::string>(http::dump_json({{"token", token}}));
    auto masked = std::make_shared<const std::string>(http::masked_body(*text, "application/json"));
    return {std::move(text), std::move(masked)};
}

} // namespace

std::string url_safe_random(std::size_t bytes) {
    std::vector<unsigned char> random(bytes);
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    std::string text = base64_encode(random);
    for (char& c : text)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

struct Tokens::Authenticated {
    json user;
    std::vector<std::string> methods;
    std::optional<Clock::Time> not_after; // a token from a token never lives longer
    Scope scope;                          // where a token comes from, the scope it had
    std::string application_credential_id = {};
};

Tokens::Tokens(Store& store, Catalog& catalog, std::shared_ptr<const Clock> clock,
               std::chrono::seconds lifetime)
    : store_(store), catalog_(catalog), clock_(std::move(clock)), lifetime_(lifetime) {}

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
    record.audit_id = url_safe_random(16);
    record.issued_at = clock_->now();
    // Whole seconds, as Fernet tokens keep them.
    record.expires_at = std::chrono::floor<std::chrono::seconds>(record.issued_at + lifetime_);
    if (who->not_after && *who->not_after < record.expires_at)
        record.expires_at = *who->not_after;
    if (!said(record))
        return unauthorized(); // no role there
    IssuedToken issued{"gAAAAA" + url_safe_random(96), std::move(record)};
    store_.add_token(issued.token, issued.record, clock_->now() - expired_window);
    return issued;
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

std::optional<TokenRecord> Tokens::check(std::string_view token, http::AllowExpired allow_expired) {
    auto record = store_.token(token);
    if (!record)
        return std::nullopt;
    const auto now = clock_->now();
    const auto end = allow_expired == http::AllowExpired::yes ? record->expires_at + expired_window
                                                              : record->expires_at;
    if (end <= now)
        return std::nullopt;
    return record;
}

std::optional<json> Tokens::description(const TokenRecord& record) {
    const auto user = store_.find("user", record.user_id);
    if (!is_enabled(user) || !is_domain_enabled(store_, *user))
        return std::nullopt;
    const auto named = [](const json& resource) {
        return json{{"id", resource["id"]}, {"name", resource["name"]}};
    };
    const auto domain_of = [&](const json& resource) {
        const auto domain = store_.find("domain", resource["domain_id"].get<std::string>());
        return domain ? named(*domain) : json::object();
    };
    json token = {{"methods", record.methods},
                  {"user", named(*user)},
                  {"audit_ids", json::array({record.audit_id})},
                  {"issued_at", http::timestamp_microseconds(record.issued_at)},
                  {"expires_at", http::timestamp_microseconds(record.expires_at)}};
    token["user"]["domain"] = domain_of(*user);
    token["user"]["password_expires_at"] = nullptr;
    if (record.scope.kind == Scope::Kind::unscoped)
        return token;

    auto roles = json::array();
    for (const auto& id : roles_of(record))
        if (const auto role = store_.find("role", id))
            roles.push_back(named(*role));
    if (roles.empty())
        return std::nullopt;
    token["roles"] = std::move(roles);
    if (record.scope.kind == Scope::Kind::system) {
        token["system"] = {{"all", true}};
    } else {
        const bool is_project = record.scope.kind == Scope::Kind::project;
        const auto target = store_.find(is_project ? "project" : "domain", record.scope.id);
        if (!is_enabled(target) || (is_project && !is_domain_enabled(store_, *target)))
            return std::nullopt;
        token[is_project ? "project" : "domain"] = named(*target);
        if (is_project) {
            token["project"]["domain"] = domain_of(*target);
            token["is_domain"] = false;
        }
    }
    if (!record.application_credential_id.empty()) {
        const auto credential = store_.credential(record.application_credential_id);
        if (!credential)
            return std::nullopt;
        const json body = json::parse(credential->body);
        token["application_credential"] = {
            {"id", credential->id},
            {"name", credential->name},
            {"restricted", body.value("unrestricted", json(nullptr)) != true}};
        if (body.contains("access_rules"))
            token["application_credential"]["access_rules"] = access_rules(store_, body);
    }
    return token;
}

// An application credential gives those of its roles which its user still has; none once it is
// gone.
std::vector<std::string> Tokens::roles_of(const TokenRecord& record) {
    auto roles = store_.roles_of(record.user_id, record.scope);
    if (record.application_credential_id.empty())
        return roles;
    const auto credential = store_.credential(record.application_credential_id);
    if (!credential)
        return {};
    const auto given = json::parse(credential->body)["roles"].get<std::vector<std::string>>();
    roles.erase(std::remove_if(roles.begin(), roles.end(),
                               [&](const std::string& role) {
                                   return std::find(given.begin(), given.end(), role) ==
                                          given.end();
                               }),
                roles.end());
    return roles;
}

bool Tokens::has_access_rules(const TokenRecord& record) {
    if (record.application_credential_id.empty())
        return false;
    const auto credential = store_.credential(record.application_credential_id);
    return credential && json::parse(credential->body).contains("access_rules");
}

std::shared_ptr<const Tokens::Said> Tokens::said(const TokenRecord& record) {
    constexpr std::size_t remembered = 4096;
    // Asked before anything is read, so that a change in between is noticed the next time.
    const std::uint64_t generation = store_.generation();
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = said_.find(record.audit_id);
            found != said_.end() && found->second->generation == generation)
            return found->second;
    }
    auto token = description(record);
    if (!token)
        return nullptr;
    auto made = std::make_shared<Said>();
    made->generation = generation;
    made->identity = identity_from(*token, record);
    made->bare = text_of(*token);
    made->with_catalog = made->bare;
    if (record.scope.kind != Scope::Kind::unscoped) {
        (*token)["catalog"] = *catalog_.current();
        made->with_catalog = text_of(*token);
    }
    const std::lock_guard lock(mutex_);
    if (said_.size() >= remembered)
        said_.clear();
    said_[record.audit_id] = made;
    return made;
}

std::optional<Tokens::Text> Tokens::describe(const TokenRecord& record, WithCatalog with_catalog) {
    const auto known = said(record);
    if (!known)
        return std::nullopt;
    return with_catalog == WithCatalog::yes ? known->with_catalog : known->bare;
}

std::shared_ptr<const http::Identity> Tokens::identity(const TokenRecord& record) {
    const auto known = said(record);
    return known ? known->identity : nullptr;
}

Result<std::shared_ptr<const http::Identity>>
OwnTokens::validate(std::string_view token, http::AllowExpired allow_expired) {
    const auto record = tokens_.check(token, allow_expired);
    return record ? tokens_.identity(*record) : nullptr;
}

} // namespace vtpmlab::fakes::keystone
