#include "keystone/store.h"

#include "http/json.h"

#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include <array>

namespace vtpmlab::fakes::keystone {

namespace {

constexpr store::Layout layout{1, R"sql(
CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, id TEXT NOT NULL, domain_id TEXT NOT NULL, name TEXT, body TEXT NOT NULL,
    PRIMARY KEY (kind, id), UNIQUE (kind, domain_id, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resource_by_name ON resource (name);
CREATE TABLE IF NOT EXISTS password (
    holder TEXT PRIMARY KEY, salt BLOB NOT NULL, digest BLOB NOT NULL,
    rounds INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assignment (
    actor_id TEXT NOT NULL, scope TEXT NOT NULL, role_id TEXT NOT NULL, is_group INTEGER NOT NULL,
    PRIMARY KEY (actor_id, scope, role_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS implication (
    prior TEXT NOT NULL, implied TEXT NOT NULL, PRIMARY KEY (prior, implied)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credential (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT NOT NULL, name TEXT NOT NULL,
    body TEXT NOT NULL, expires_at INTEGER, UNIQUE (user_id, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS access_rule (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL, service TEXT NOT NULL, path TEXT NOT NULL,
    method TEXT NOT NULL, UNIQUE (user_id, service, path, method)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    digest BLOB PRIMARY KEY, user_id TEXT NOT NULL, scope TEXT NOT NULL, methods TEXT NOT NULL,
    audit_id TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    credential_id TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_by_expiry ON token (expires_at);
)sql"};

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Tokens are long and random: nobody finds one from its digest.
Digest digest_of(std::string_view token) {
    Digest digest;
    SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
    return digest;
}

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(std::int64_t value) { return Clock::Time(std::chrono::microseconds(value)); }

nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text); }

std::string text_or_empty(const nlohmann::json& body, const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A name is unique within its domain. Other kinds are told apart by their id alone, even if they
// have one.
bool has_unique_name(Kind kind) {
    return kind != "service" && kind != "endpoint" && kind != "region";
}

store::Value name_of(Kind kind, const nlohmann::json& body, std::string& holder) {
    if (has_unique_name(kind))
        holder = text_or_empty(body, "name");
    return holder.empty() ? store::Value(nullptr) : store::Value(std::string_view(holder));
}

} // namespace

std::string Scope::key() const {
    switch (kind) {
    case Kind::project:
        return "project:" + id;
    case Kind::domain:
        return "domain:" + id;
    case Kind::system:
        return "system";
    case Kind::unscoped:
        break;
    }
    return {};
}

Scope Scope::from_key(std::string_view key) {
    if (key == "system")
        return {Kind::system, {}};
    const auto colon = key.find(':');
    if (colon == std::string_view::npos)
        return {};
    return {key.substr(0, colon) == "project" ? Kind::project : Kind::domain,
            std::string(key.substr(colon + 1))};
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    VTPMLAB_TRY(auto database, store::Database::open(path, layout));
    return std::unique_ptr<Store>(new Store(std::move(database)));
}

Store::Store(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}

std::optional<nlohmann::json> Store::find(Kind kind, std::string_view id) {
    auto session = database_->read();
    auto rows = session.rows("SELECT body FROM resource WHERE kind = ? AND id = ?", {kind, id});
    if (!rows.next())
        return std::nullopt;
    return parsed(rows.text(0));
}

std::optional<nlohmann::json> Store::find_named(Kind kind, std::string_view domain_id,
                                                std::string_view name) {
    auto session = database_->read();
    auto rows =
        session.rows("SELECT body FROM resource WHERE kind = ? AND domain_id = ? AND name = ?",
                     {kind, domain_id, name});
    if (!rows.next())
        return std::nullopt;
    return parsed(rows.text(0));
}

std::vector<nlohmann::json> Store::list(Kind kind, const std::string* name) {
    std::vector<nlohmann::json> found;
    auto session = database_->read();
    if (name && !name->empty() && has_unique_name(kind)) {
        auto rows =
            session.rows("SELECT body FROM resource WHERE kind = ? AND name = ? ORDER BY id",
                         {kind, std::string_view(*name)});
        while (rows.next())
            found.push_back(parsed(rows.text(0)));
        return found;
    }
    auto rows = session.rows("SELECT body FROM resource WHERE kind = ? ORDER BY "
                             "json_extract(body, '$.name'), id",
                             {kind});
    while (rows.next())
        found.push_back(parsed(rows.text(0)));
    return found;
}

Status Store::restore(const std::string& name) {
    Status restored = database_->restore(name);
    ++generation_; // even if it failed: what is there now is not sure
    return restored;
}

bool Store::insert(Kind kind, const nlohmann::json& body) {
    const std::string id = text_or_empty(body, "id"), domain = text_or_empty(body, "domain_id");
    const std::string text = http::dump_json(body);
    std::string name;
    auto session = database_->write();
    if (!session.changed(
            "INSERT INTO resource (kind, id, domain_id, name, body) VALUES (?, ?, ?, ?, ?)",
            {kind, std::string_view(id), std::string_view(domain), name_of(kind, body, name),
             std::string_view(text)}))
        return false;
    session.commit();
    ++generation_;
    return true;
}

bool Store::update(Kind kind, const nlohmann::json& body) {
    const std::string id = text_or_empty(body, "id"), text = http::dump_json(body);
    std::string name;
    auto session = database_->write();
    const auto changed = session.changed(
        "UPDATE resource SET name = ?, body = ? WHERE kind = ? AND id = ?",
        {name_of(kind, body, name), std::string_view(text), kind, std::string_view(id)});
    if (!changed || *changed == 0)
        return false;
    session.commit();
    ++generation_;
    return true;
}

// What hangs on a thing goes with it, in the same transaction.
bool Store::remove(Kind kind, std::string_view id) {
    const std::string scope = std::string(kind) + ":" + std::string(id);
    auto session = database_->write();
    const int changed = session.run("DELETE FROM resource WHERE kind = ? AND id = ?", {kind, id});
    if (kind == "service")
        session.run("DELETE FROM resource WHERE kind = 'endpoint' AND "
                    "json_extract(body, '$.service_id') = ?",
                    {id});
    if (kind == "region") // and all below it
        session.run("WITH RECURSIVE below(id) AS (SELECT ?1 UNION SELECT resource.id FROM resource "
                    "JOIN below ON json_extract(body, '$.parent_region_id') = below.id WHERE "
                    "kind = 'region') DELETE FROM resource WHERE kind = 'region' AND id IN below",
                    {id});
    if (kind == "domain")
        session.run("DELETE FROM resource WHERE domain_id = ?", {id});
    session.run("DELETE FROM password WHERE holder = ?1 OR holder IN "
                "(SELECT id FROM credential WHERE user_id = ?1 OR project_id = ?1)",
                {id});
    session.run("DELETE FROM credential WHERE user_id = ?1 OR project_id = ?1", {id});
    session.run("DELETE FROM access_rule WHERE user_id = ?", {id});
    session.run("DELETE FROM assignment WHERE actor_id = ?1 OR role_id = ?1 OR scope = ?2",
                {id, std::string_view(scope)});
    session.run("DELETE FROM implication WHERE prior = ?1 OR implied = ?1", {id});
    session.run("DELETE FROM member WHERE group_id = ?1 OR user_id = ?1", {id});
    session.run("DELETE FROM token WHERE user_id = ? OR scope = ?", {id, std::string_view(scope)});
    session.commit();
    ++generation_;
    return changed > 0;
}

void Store::write_password(store::Session& session, std::string_view holder,
                           const PasswordHash& hash) {
    session.run(
        "INSERT OR REPLACE INTO password (holder, salt, digest, rounds) VALUES (?, ?, ?, ?)",
        {holder, std::span<const unsigned char>(hash.salt),
         std::span<const unsigned char>(hash.digest), std::int64_t{hash.rounds}});
}

void Store::set_password(std::string_view holder, std::string_view password,
                         PasswordOrigin origin) {
    const PasswordHash hash = hashed(password, origin);
    auto session = database_->write();
    write_password(session, holder, hash);
    session.commit();
}

bool Store::password_matches(std::string_view holder, std::string_view password) {
    PasswordHash hash;
    {
        auto session = database_->read();
        auto rows =
            session.rows("SELECT salt, digest, rounds FROM password WHERE holder = ?", {holder});
        if (!rows.next())
            return false;
        hash = {rows.blob(0), rows.blob(1), static_cast<int>(rows.integer(2))};
    }
    // Outside the session: others need not wait for it.
    return matches(hash, password);
}

void Store::add_token(std::string_view token, const TokenRecord& record,
                      Clock::Time forget_before) {
    const Digest digest = digest_of(token);
    const std::string scope = record.scope.key();
    const std::string methods = nlohmann::json(record.methods).dump();
    auto session = database_->write();
    session.run("DELETE FROM token WHERE expires_at < ?", {ticks(forget_before)});
    session.run(
        "INSERT INTO token (digest, user_id, scope, methods, audit_id, issued_at, expires_at, "
        "credential_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {std::span<const unsigned char>(digest), std::string_view(record.user_id),
         std::string_view(scope), std::string_view(methods), std::string_view(record.audit_id),
         ticks(record.issued_at), ticks(record.expires_at),
         std::string_view(record.application_credential_id)});
    session.commit();
}

std::optional<TokenRecord> Store::token(std::string_view token) {
    const Digest digest = digest_of(token);
    auto session = database_->read();
    auto rows = session.rows("SELECT user_id, scope, methods, audit_id, issued_at, expires_at, "
                             "credential_id FROM token WHERE digest = ?",
                             {std::span<const unsigned char>(digest)});
    if (!rows.next())
        return std::nullopt;
    TokenRecord record;
    record.user_id = rows.text(0);
    record.scope = Scope::from_key(rows.text(1));
    record.methods = parsed(rows.text(2)).get<std::vector<std::string>>();
    record.audit_id = rows.text(3);
    record.issued_at = time_of(rows.integer(4));
    record.expires_at = time_of(rows.integer(5));
    record.application_credential_id = rows.text(6);
    return record;
}

bool Store::revoke(std::string_view token) {
    const Digest digest = digest_of(token);
    auto session = database_->write();
    const int changed =
        session.run("DELETE FROM token WHERE digest = ?", {std::span<const unsigned char>(digest)});
    session.commit();
    return changed > 0;
}

void Store::revoke_all_of(std::string_view user_id) {
    auto session = database_->write();
    session.run("DELETE FROM token WHERE user_id = ?", {user_id});
    session.commit();
}

} // namespace vtpmlab::fakes::keystone
