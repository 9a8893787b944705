#include "keystone/store.h"

#include "http/json.h"

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>

namespace vtpmlab::fakes::keystone {

namespace {

constexpr std::string_view schema = R"sql(
CREATE TABLE IF NOT EXISTS resource (
    kind TEXT NOT NULL, id TEXT NOT NULL, domain_id TEXT NOT NULL, name TEXT, body TEXT NOT NULL,
    PRIMARY KEY (kind, id), UNIQUE (kind, domain_id, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS password (
    user_id TEXT PRIMARY KEY, salt BLOB NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assignment (
    user_id TEXT NOT NULL, scope TEXT NOT NULL, role_id TEXT NOT NULL,
    PRIMARY KEY (user_id, scope, role_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    digest BLOB PRIMARY KEY, user_id TEXT NOT NULL, scope TEXT NOT NULL, methods TEXT NOT NULL,
    audit_id TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS token_by_expiry ON token (expires_at);
)sql";

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Passwords here are made by the lab and long; one round is enough to keep them out of the file.
Digest digest_of(std::span<const unsigned char> salt, std::string_view text) {
    std::vector<unsigned char> bytes(salt.begin(), salt.end());
    bytes.insert(bytes.end(), text.begin(), text.end());
    Digest digest;
    SHA256(bytes.data(), bytes.size(), digest.data());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return digest;
}

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(std::int64_t value) { return Clock::Time(std::chrono::microseconds(value)); }

nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text); }

std::string text_or_empty(const nlohmann::json& body, const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A name is unique within its domain; kinds without a name are told apart by their id alone.
store::Value name_of(const nlohmann::json& body, std::string& holder) {
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
    VTPMLAB_TRY(auto database, store::Database::open(path, schema));
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

std::vector<nlohmann::json> Store::list(Kind kind) {
    std::vector<nlohmann::json> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT body FROM resource WHERE kind = ? ORDER BY name, id", {kind});
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
            {kind, std::string_view(id), std::string_view(domain), name_of(body, name),
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
    const auto changed =
        session.changed("UPDATE resource SET name = ?, body = ? WHERE kind = ? AND id = ?",
                        {name_of(body, name), std::string_view(text), kind, std::string_view(id)});
    if (!changed || *changed == 0)
        return false;
    session.commit();
    ++generation_;
    return true;
}

bool Store::remove(Kind kind, std::string_view id) {
    const std::string scope = std::string(kind) + ":" + std::string(id);
    auto session = database_->write();
    const int changed = session.run("DELETE FROM resource WHERE kind = ? AND id = ?", {kind, id});
    session.run("DELETE FROM password WHERE user_id = ?", {id});
    session.run("DELETE FROM assignment WHERE user_id = ? OR role_id = ? OR scope = ?",
                {id, id, std::string_view(scope)});
    session.run("DELETE FROM token WHERE user_id = ? OR scope = ?", {id, std::string_view(scope)});
    session.commit();
    ++generation_;
    return changed > 0;
}

void Store::set_password(std::string_view user_id, std::string_view password) {
    std::array<unsigned char, 16> salt;
    RAND_bytes(salt.data(), salt.size());
    const Digest digest = digest_of(salt, password);
    auto session = database_->write();
    session.run(
        "INSERT OR REPLACE INTO password (user_id, salt, digest) VALUES (?, ?, ?)",
        {user_id, std::span<const unsigned char>(salt), std::span<const unsigned char>(digest)});
    session.commit();
}

bool Store::password_matches(std::string_view user_id, std::string_view password) {
    auto session = database_->read();
    auto rows = session.rows("SELECT salt, digest FROM password WHERE user_id = ?", {user_id});
    if (!rows.next())
        return false;
    const auto salt = rows.blob(0), expected = rows.blob(1);
    const Digest actual = digest_of(salt, password);
    return expected.size() == actual.size() &&
           CRYPTO_memcmp(expected.data(), actual.data(), actual.size()) == 0;
}

void Store::assign(const Assignment& assignment) {
    const std::string scope = assignment.scope.key();
    auto session = database_->write();
    session.run("INSERT OR IGNORE INTO assignment (user_id, scope, role_id) VALUES (?, ?, ?)",
                {std::string_view(assignment.user_id), std::string_view(scope),
                 std::string_view(assignment.role_id)});
    session.commit();
    ++generation_;
}

bool Store::unassign(const Assignment& assignment) {
    const std::string scope = assignment.scope.key();
    auto session = database_->write();
    const int changed =
        session.run("DELETE FROM assignment WHERE user_id = ? AND scope = ? AND role_id = ?",
                    {std::string_view(assignment.user_id), std::string_view(scope),
                     std::string_view(assignment.role_id)});
    session.commit();
    ++generation_;
    return changed > 0;
}

std::vector<std::string> Store::roles_of(std::string_view user_id, const Scope& scope) {
    const std::string key = scope.key();
    std::vector<std::string> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT role_id FROM assignment WHERE user_id = ? AND scope = ?",
                             {user_id, std::string_view(key)});
    while (rows.next())
        found.push_back(rows.text(0));
    return found;
}

std::vector<Assignment> Store::assignments() {
    std::vector<Assignment> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT user_id, role_id, scope FROM assignment");
    while (rows.next())
        found.push_back({rows.text(0), rows.text(1), Scope::from_key(rows.text(2))});
    return found;
}

void Store::add_token(std::string_view token, const TokenRecord& record,
                      Clock::Time forget_before) {
    const Digest digest = digest_of({}, token);
    const std::string scope = record.scope.key();
    const std::string methods = nlohmann::json(record.methods).dump();
    auto session = database_->write();
    session.run("DELETE FROM token WHERE expires_at < ?", {ticks(forget_before)});
    session.run(
        "INSERT INTO token (digest, user_id, scope, methods, audit_id, issued_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        {std::span<const unsigned char>(digest), std::string_view(record.user_id),
         std::string_view(scope), std::string_view(methods), std::string_view(record.audit_id),
         ticks(record.issued_at), ticks(record.expires_at)});
    session.commit();
}

std::optional<TokenRecord> Store::token(std::string_view token) {
    const Digest digest = digest_of({}, token);
    auto session = database_->read();
    auto rows = session.rows("SELECT user_id, scope, methods, audit_id, issued_at, expires_at "
                             "FROM token WHERE digest = ?",
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
    return record;
}

bool Store::revoke(std::string_view token) {
    const Digest digest = digest_of({}, token);
    auto session = database_->write();
    const int changed =
        session.run("DELETE FROM token WHERE digest = ?", {std::span<const unsigned char>(digest)});
    session.commit();
    return changed > 0;
}

} // namespace vtpmlab::fakes::keystone
