#include "keystone/tokens.h"

#include "http/json.h"
#include "http/masking.h"
#include "http/timestamp.h"
#include "keystone/common.h"
#include "keystone/enabled.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::keystone {

namespace {

// As [fernet] allow_expired_window.
constexpr auto expired_window = std::chrono::hours(48);

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

// Into {"token": {…}}, which is written: a token is made for every login, its catalog hardly ever.
std::shared_ptr<const std::string> with_member(std::string_view token, std::string_view name,
                                               std::string_view value) {
    constexpr std::string_view end = "}}";
    token.remove_suffix(end.size());
    return std::make_shared<const std::string>(
        fmt::format("{},\"{}\":{}{}", token, name, value, end));
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

Tokens::Tokens(Store& store, Catalog& catalog, std::shared_ptr<const Clock> clock,
               std::chrono::seconds lifetime)
    : store_(store), catalog_(catalog), clock_(std::move(clock)), lifetime_(lifetime) {}

std::optional<IssuedToken> Tokens::issue(TokenRecord record, std::optional<Clock::Time> not_after) {
    record.audit_id = url_safe_random(16);
    record.issued_at = clock_->now();
    // Whole seconds, as Fernet tokens keep them.
    record.expires_at = std::chrono::floor<std::chrono::seconds>(record.issued_at + lifetime_);
    if (not_after && *not_after < record.expires_at)
        record.expires_at = *not_after;
    if (!said(record))
        return std::nullopt;
    IssuedToken issued{"gAAAAA" + url_safe_random(96), std::move(record)};
    store_.add_token(issued.token, issued.record, clock_->now() - expired_window);
    return issued;
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
        const auto catalog = catalog_.current();
        made->with_catalog = {with_member(*made->bare.json, "catalog", catalog->text),
                              made->bare.masked->starts_with('<') // too long: only counted
                                  ? made->bare.masked
                                  : with_member(*made->bare.masked, "catalog", catalog->masked)};
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
