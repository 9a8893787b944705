#include "barbican/store.h"

#include <fmt/format.h>

#include <stdexcept>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view schema = R"sql(
CREATE TABLE IF NOT EXISTS secret (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, project_id TEXT NOT NULL,
    creator_id TEXT NOT NULL, type TEXT NOT NULL, algorithm TEXT, bit_length INTEGER, mode TEXT,
    expiration INTEGER, content_type TEXT, sealed BLOB, created INTEGER NOT NULL,
    updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS secret_by_project ON secret (project_id, number);
CREATE TABLE IF NOT EXISTS acl (
    secret_id TEXT PRIMARY KEY REFERENCES secret (id) ON DELETE CASCADE,
    project_access INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acl_user (
    secret_id TEXT NOT NULL REFERENCES acl (secret_id) ON DELETE CASCADE, number INTEGER NOT NULL,
    user_id TEXT NOT NULL, PRIMARY KEY (secret_id, number)) WITHOUT ROWID;
)sql";

#define VTPMLAB_SECRET_COLUMNS                                                                     \
    "id, name, project_id, creator_id, type, algorithm, bit_length, mode, expiration, "            \
    "content_type, created, updated"
// Parameters 1 to 7 are the filter, 8 the time. A filter that is NULL lets everything through.
#define VTPMLAB_SECRET_FILTER                                                                      \
    "FROM secret WHERE CASE WHEN ?7 IS NULL THEN project_id = ?1 ELSE id IN "                      \
    "(SELECT secret_id FROM acl_user WHERE user_id = ?7) END "                                     \
    "AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR type = ?3) "                                 \
    "AND (?4 IS NULL OR algorithm = ?4) AND (?5 IS NULL OR mode = ?5) "                            \
    "AND (?6 IS NULL OR bit_length = ?6) AND (expiration IS NULL OR expiration > ?8) "

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(std::int64_t value) { return Clock::Time(std::chrono::microseconds(value)); }

store::Value or_null(const std::optional<std::string>& text) {
    return text ? store::Value(std::string_view(*text)) : store::Value(nullptr);
}
store::Value or_null(const std::optional<std::int64_t>& number) {
    return number ? store::Value(*number) : store::Value(nullptr);
}
store::Value or_null(const std::optional<Clock::Time>& time) {
    return time ? store::Value(ticks(*time)) : store::Value(nullptr);
}

Secret secret_of(const store::Rows& rows) {
    Secret secret;
    secret.id = rows.text(0);
    secret.name = rows.optional_text(1);
    secret.project_id = rows.text(2);
    secret.creator_id = rows.text(3);
    secret.type = rows.text(4);
    secret.algorithm = rows.optional_text(5);
    if (!rows.is_null(6))
        secret.bit_length = rows.integer(6);
    secret.mode = rows.optional_text(7);
    if (!rows.is_null(8))
        secret.expiration = time_of(rows.integer(8));
    secret.content_type = rows.optional_text(9);
    secret.created = time_of(rows.integer(10));
    secret.updated = time_of(rows.integer(11));
    return secret;
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    VTPMLAB_TRY(auto database, store::Database::open(path, schema));
    VTPMLAB_TRY(auto cipher, Cipher::open(path.empty() ? std::string() : path + ".key"));
    return std::unique_ptr<Store>(new Store(std::move(database), std::move(cipher)));
}

Store::Store(std::unique_ptr<store::Database> database, std::unique_ptr<Cipher> cipher)
    : database_(std::move(database)), cipher_(std::move(cipher)) {}

void Store::insert(const Secret& secret, const SecretValue* payload) {
    std::vector<unsigned char> sealed;
    if (payload)
        sealed = cipher_->seal(secret.id, payload->bytes());
    auto session = database_->write();
    session.run(
        "INSERT INTO secret (" VTPMLAB_SECRET_COLUMNS
        ", sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {secret.id, or_null(secret.name), secret.project_id, secret.creator_id, secret.type,
         or_null(secret.algorithm), or_null(secret.bit_length), or_null(secret.mode),
         or_null(secret.expiration), or_null(secret.content_type), ticks(secret.created),
         ticks(secret.updated),
         payload ? store::Value(std::span<const unsigned char>(sealed)) : store::Value(nullptr)});
    session.commit();
}

std::optional<Secret> Store::find(std::string_view id, Clock::Time now) {
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_SECRET_COLUMNS
                             " FROM secret WHERE id = ? AND (expiration IS NULL OR expiration > ?)",
                             {id, ticks(now)});
    if (!rows.next())
        return std::nullopt;
    return secret_of(rows);
}

SecretPage Store::list(const SecretFilter& filter, Clock::Time now) {
    SecretPage page;
    auto session = database_->read();
    {
        auto rows =
            session.rows("SELECT count(*) " VTPMLAB_SECRET_FILTER,
                         {filter.project_id, or_null(filter.name), or_null(filter.type),
                          or_null(filter.algorithm), or_null(filter.mode),
                          or_null(filter.bit_length), or_null(filter.acl_user), ticks(now)});
        page.total = rows.next() ? rows.integer(0) : 0;
    }
    auto rows =
        session.rows("SELECT " VTPMLAB_SECRET_COLUMNS " " VTPMLAB_SECRET_FILTER
                     "ORDER BY number LIMIT ?9 OFFSET ?10",
                     {filter.project_id, or_null(filter.name), or_null(filter.type),
                      or_null(filter.algorithm), or_null(filter.mode), or_null(filter.bit_length),
                      or_null(filter.acl_user), ticks(now), filter.limit, filter.offset});
    while (rows.next())
        page.secrets.push_back(secret_of(rows));
    return page;
}

std::vector<Secret> Store::all() {
    std::vector<Secret> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_SECRET_COLUMNS " FROM secret ORDER BY number");
    while (rows.next())
        found.push_back(secret_of(rows));
    return found;
}

bool Store::remove(std::string_view id) {
    auto session = database_->write();
    const bool removed = session.run("DELETE FROM secret WHERE id = ?", {id}) > 0;
    session.commit();
    return removed;
}

std::optional<SecretValue> Store::payload(std::string_view id) {
    std::vector<unsigned char> sealed;
    {
        auto session = database_->read();
        auto rows = session.rows("SELECT sealed FROM secret WHERE id = ?", {id});
        if (!rows.next() || rows.is_null(0))
            return std::nullopt;
        sealed = rows.blob(0);
    }
    auto opened = cipher_->open_sealed(id, sealed);
    if (!opened)
        throw std::runtime_error(fmt::format("the payload of secret {} does not open", id));
    return opened;
}

bool Store::set_payload(std::string_view id, std::string_view content_type,
                        const SecretValue& payload, Clock::Time now) {
    const auto sealed = cipher_->seal(id, payload.bytes());
    auto session = database_->write();
    const bool done =
        session.run("UPDATE secret SET content_type = ?, sealed = ?, updated = ? "
                    "WHERE id = ? AND sealed IS NULL",
                    {content_type, std::span<const unsigned char>(sealed), ticks(now), id}) > 0;
    session.commit();
    return done;
}

std::optional<Acl> Store::acl(std::string_view id) {
    Acl acl;
    auto session = database_->read();
    {
        auto rows = session.rows(
            "SELECT project_access, created, updated FROM acl WHERE secret_id = ?", {id});
        if (!rows.next())
            return std::nullopt;
        acl.project_access = rows.integer(0) != 0;
        acl.created = time_of(rows.integer(1));
        acl.updated = time_of(rows.integer(2));
    }
    auto rows =
        session.rows("SELECT user_id FROM acl_user WHERE secret_id = ? ORDER BY number", {id});
    while (rows.next())
        acl.users.push_back(rows.text(0));
    return acl;
}

void Store::set_acl(std::string_view id, const Acl& acl) {
    auto session = database_->write();
    session.run("DELETE FROM acl WHERE secret_id = ?", {id});
    // The secret may have gone meanwhile: then there is nothing to guard.
    if (!session.changed(
            "INSERT INTO acl (secret_id, project_access, created, updated) "
            "VALUES (?, ?, ?, ?)",
            {id, std::int64_t{acl.project_access}, ticks(acl.created), ticks(acl.updated)}))
        return;
    std::int64_t number = 0;
    for (const auto& user : acl.users)
        session.run("INSERT INTO acl_user (secret_id, number, user_id) VALUES (?, ?, ?)",
                    {id, number++, user});
    session.commit();
}

void Store::remove_acl(std::string_view id) {
    auto session = database_->write();
    session.run("DELETE FROM acl WHERE secret_id = ?", {id});
    session.commit();
}

} // namespace vtpmlab::fakes::barbican
