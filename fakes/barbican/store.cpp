// The database, secrets and their metadata. The rest is in store_*.cpp.

#include "barbican/store.h"

#include "barbican/store_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace vtpmlab::fakes::barbican {

using namespace rows;

namespace {

constexpr store::Layout layout{1, R"sql(
CREATE TABLE IF NOT EXISTS secret (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, project_id TEXT NOT NULL,
    creator_id TEXT NOT NULL, type TEXT NOT NULL, algorithm TEXT, bit_length INTEGER, mode TEXT,
    expiration INTEGER, content_type TEXT, sealed BLOB, created INTEGER NOT NULL,
    updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS secret_by_project ON secret (project_id, number);
CREATE INDEX IF NOT EXISTS secret_by_expiration ON secret (project_id, expiration);
CREATE TABLE IF NOT EXISTS metadatum (
    secret_id TEXT NOT NULL REFERENCES secret (id) ON DELETE CASCADE, key TEXT NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY (secret_id, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS container (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT, type TEXT NOT NULL,
    project_id TEXT NOT NULL, creator_id TEXT NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS container_by_project ON container (project_id, number);
CREATE TABLE IF NOT EXISTS container_secret (
    number INTEGER PRIMARY KEY,
    container_id TEXT NOT NULL REFERENCES container (id) ON DELETE CASCADE,
    secret_id TEXT NOT NULL REFERENCES secret (id) ON DELETE CASCADE, name TEXT);
CREATE INDEX IF NOT EXISTS container_secret_by_container ON container_secret (container_id);
CREATE INDEX IF NOT EXISTS container_secret_by_secret ON container_secret (secret_id);
CREATE TABLE IF NOT EXISTS owner_acl (
    owner TEXT PRIMARY KEY, project_access INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owner_acl_user (
    owner TEXT NOT NULL REFERENCES owner_acl (owner) ON DELETE CASCADE, number INTEGER NOT NULL,
    user_id TEXT NOT NULL, PRIMARY KEY (owner, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumer (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    project_id TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, third TEXT NOT NULL,
    created INTEGER NOT NULL, UNIQUE (owner, first, second, third));
CREATE INDEX IF NOT EXISTS consumer_by_project ON consumer (project_id);
CREATE TABLE IF NOT EXISTS "order" (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, meta TEXT NOT NULL,
    project_id TEXT NOT NULL, creator_id TEXT NOT NULL, status TEXT NOT NULL,
    sub_status TEXT NOT NULL, sub_status_message TEXT NOT NULL, error_status_code TEXT,
    error_reason TEXT, secret_id TEXT, container_id TEXT, created INTEGER NOT NULL,
    updated INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS order_by_project ON "order" (project_id, number);
CREATE TABLE IF NOT EXISTS quota (
    number INTEGER PRIMARY KEY, project_id TEXT NOT NULL UNIQUE, secrets INTEGER, orders INTEGER,
    containers INTEGER, consumers INTEGER, cas INTEGER);
CREATE TRIGGER IF NOT EXISTS secret_gone AFTER DELETE ON secret BEGIN
    DELETE FROM owner_acl WHERE owner = OLD.id;
    DELETE FROM consumer WHERE owner = OLD.id;
END;
CREATE TRIGGER IF NOT EXISTS container_gone AFTER DELETE ON container BEGIN
    DELETE FROM owner_acl WHERE owner = OLD.id;
    DELETE FROM consumer WHERE owner = OLD.id;
END;
)sql"};

#define VTPMLAB_SECRET_COLUMNS                                                                     \
    "id, name, project_id, creator_id, type, algorithm, bit_length, mode, expiration, "            \
    "content_type, created, updated"
// Parameters 1 to 7 are the filter, 8 the time, 9 to 14 the time ranges. What is NULL lets
// everything through.
#define VTPMLAB_SECRET_FILTER                                                                      \
    "FROM secret WHERE CASE WHEN ?7 IS NULL THEN project_id = ?1 ELSE id IN "                      \
    "(SELECT owner FROM owner_acl_user WHERE user_id = ?7) END "                                   \
    "AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR type = ?3) "                                 \
    "AND (?4 IS NULL OR algorithm = ?4) AND (?5 IS NULL OR mode = ?5) "                            \
    "AND (?6 IS NULL OR bit_length = ?6) AND (expiration IS NULL OR expiration > ?8) "             \
    "AND (?9 IS NULL OR created >= ?9) AND (?10 IS NULL OR created <= ?10) "                       \
    "AND (?11 IS NULL OR updated >= ?11) AND (?12 IS NULL OR updated <= ?12) "                     \
    "AND (?13 IS NULL OR expiration >= ?13) AND (?14 IS NULL OR expiration <= ?14) "

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

bool is_whole_project(const SecretFilter& filter) {
    const auto is_open = [](const TimeRange& range) { return !range.first && !range.last; };
    return !filter.name && !filter.type && !filter.algorithm && !filter.mode &&
           !filter.bit_length && !filter.acl_user && is_open(filter.created) &&
           is_open(filter.updated) && is_open(filter.expiration);
}

// Below zero, zero or above, by one key. What is missing comes first.
int compared(const Secret& a, const Secret& b, std::string_view key) {
    const auto three_way = [](const auto& left, const auto& right) {
        return left < right ? -1 : right < left ? 1 : 0;
    };
    if (key == "name")
        return three_way(a.name, b.name);
    if (key == "algorithm")
        return three_way(a.algorithm, b.algorithm);
    if (key == "bit_length")
        return three_way(a.bit_length, b.bit_length);
    if (key == "mode")
        return three_way(a.mode, b.mode);
    if (key == "secret_type")
        return three_way(a.type, b.type);
    if (key == "created")
        return three_way(a.created, b.created);
    if (key == "updated")
        return three_way(a.updated, b.updated);
    if (key == "expiration")
        return three_way(a.expiration, b.expiration);
    return 0; // "status": every secret is ACTIVE
}

// Rows of one project, without payloads: sorting them here keeps the statements few.
void sort_and_cut(std::vector<Secret>& secrets, const SecretFilter& filter) {
    std::stable_sort(secrets.begin(), secrets.end(), [&](const Secret& a, const Secret& b) {
        for (const auto& [key, direction] : filter.sort)
            if (const int order = compared(a, b, key))
                return direction == SortKey::Direction::ascending ? order < 0 : order > 0;
        return false;
    });
    const auto count = static_cast<std::int64_t>(secrets.size());
    const auto first = std::min(filter.paging.offset, count);
    const auto last = std::min(first + filter.paging.limit, count);
    secrets.erase(secrets.begin() + last, secrets.end());
    secrets.erase(secrets.begin(), secrets.begin() + first);
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    VTPMLAB_TRY(auto database, store::Database::open(path, layout));
    VTPMLAB_TRY(auto cipher, Cipher::open(path.empty() ? std::string() : path + ".key"));
    return std::unique_ptr<Store>(new Store(std::move(database), std::move(cipher)));
}

Store::Store(std::unique_ptr<store::Database> database, std::unique_ptr<Cipher> cipher)
    : database_(std::move(database)), cipher_(std::move(cipher)) {}

void Store::insert_secret(store::Session& session, const Secret& secret,
                          const std::vector<unsigned char>* sealed) {
    session.run(
        "INSERT INTO secret (" VTPMLAB_SECRET_COLUMNS
        ", sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {secret.id, or_null(secret.name), secret.project_id, secret.creator_id, secret.type,
         or_null(secret.algorithm), or_null(secret.bit_length), or_null(secret.mode),
         or_null(secret.expiration), or_null(secret.content_type), ticks(secret.created),
         ticks(secret.updated),
         sealed ? store::Value(std::span<const unsigned char>(*sealed)) : store::Value(nullptr)});
}

bool Store::insert(const Secret& secret, const SecretValue* payload) {
    std::vector<unsigned char> sealed;
    if (payload)
        sealed = cipher_->seal(secret.id, payload->bytes());
    auto session = database_->write();
    if (quota_is_reached(session, secret.project_id, Counted::secrets))
        return false;
    insert_secret(session, secret, payload ? &sealed : nullptr);
    session.commit();
    return true;
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

Page<Secret> Store::list(const SecretFilter& filter, Clock::Time now) {
    Page<Secret> page;
    auto session = database_->read();
    if (is_whole_project(filter)) { // what most ask for; told by an index alone
        auto rows = session.rows("SELECT count(*) FROM secret WHERE project_id = ?1 "
                                 "AND (expiration IS NULL OR expiration > ?2)",
                                 {filter.project_id, ticks(now)});
        page.total = rows.next() ? rows.integer(0) : 0;
    } else {
        auto rows =
            session.rows("SELECT count(*) " VTPMLAB_SECRET_FILTER,
                         {filter.project_id, or_null(filter.name), or_null(filter.type),
                          or_null(filter.algorithm), or_null(filter.mode),
                          or_null(filter.bit_length), or_null(filter.acl_user), ticks(now),
                          or_null(filter.created.first), or_null(filter.created.last),
                          or_null(filter.updated.first), or_null(filter.updated.last),
                          or_null(filter.expiration.first), or_null(filter.expiration.last)});
        page.total = rows.next() ? rows.integer(0) : 0;
    }
    // Sorted lists are cut when they are sorted; a negative limit is none.
    const bool sorted = !filter.sort.empty();
    auto rows = session.rows(
        "SELECT " VTPMLAB_SECRET_COLUMNS " " VTPMLAB_SECRET_FILTER
        "ORDER BY number LIMIT ?15 OFFSET ?16",
        {filter.project_id, or_null(filter.name), or_null(filter.type), or_null(filter.algorithm),
         or_null(filter.mode), or_null(filter.bit_length), or_null(filter.acl_user), ticks(now),
         or_null(filter.created.first), or_null(filter.created.last), or_null(filter.updated.first),
         or_null(filter.updated.last), or_null(filter.expiration.first),
         or_null(filter.expiration.last), sorted ? std::int64_t{-1} : filter.paging.limit,
         sorted ? std::int64_t{0} : filter.paging.offset});
    while (rows.next())
        page.items.push_back(secret_of(rows));
    if (sorted)
        sort_and_cut(page.items, filter);
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

std::map<std::string, std::string> Store::metadata(std::string_view secret_id) {
    std::map<std::string, std::string> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT key, value FROM metadatum WHERE secret_id = ?", {secret_id});
    while (rows.next())
        found.emplace(rows.text(0), rows.text(1));
    return found;
}

void Store::set_metadata(std::string_view secret_id,
                         const std::map<std::string, std::string>& all) {
    auto session = database_->write();
    session.run("DELETE FROM metadatum WHERE secret_id = ?", {secret_id});
    for (const auto& [key, value] : all)
        // Nothing where the secret has gone meanwhile.
        (void)session.changed("INSERT INTO metadatum (secret_id, key, value) VALUES (?, ?, ?)",
                              {secret_id, key, value});
    session.commit();
}

bool Store::add_metadatum(std::string_view secret_id, std::string_view key,
                          std::string_view value) {
    auto session = database_->write();
    if (!session.changed("INSERT INTO metadatum (secret_id, key, value) VALUES (?, ?, ?)",
                         {secret_id, key, value}))
        return false;
    session.commit();
    return true;
}

bool Store::replace_metadatum(std::string_view secret_id, std::string_view key,
                              std::string_view value) {
    auto session = database_->write();
    const bool there = session.run("UPDATE metadatum SET value = ? WHERE secret_id = ? AND key = ?",
                                   {value, secret_id, key}) > 0;
    session.commit();
    return there;
}

void Store::remove_metadatum(std::string_view secret_id, std::string_view key) {
    auto session = database_->write();
    session.run("DELETE FROM metadatum WHERE secret_id = ? AND key = ?", {secret_id, key});
    session.commit();
}

} // namespace vtpmlab::fakes::barbican
