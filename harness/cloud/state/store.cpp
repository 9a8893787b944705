#include "cloud/state/store.h"

#include "cloud/state/records_json.h"
#include "store/database.h"

#include <vtpmlab/encoding.h>

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include <type_traits>
#include <utility>

namespace vtpmlab::cloud {
namespace {

// The version is also that of the documents in them (records_json.cpp).
constexpr store::Layout layout{1, R"(
    CREATE TABLE IF NOT EXISTS flavors (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT UNIQUE NOT NULL,
        name TEXT UNIQUE NOT NULL,
        document TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS servers (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT UNIQUE NOT NULL,
        project_id TEXT NOT NULL,
        host TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS nodes (host TEXT PRIMARY KEY, id TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS servers_project ON servers (project_id);
    CREATE INDEX IF NOT EXISTS servers_host ON servers (host);
    CREATE TABLE IF NOT EXISTS actions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        server_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        document TEXT NOT NULL,
        UNIQUE (server_id, request_id));
    CREATE TABLE IF NOT EXISTS migrations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT UNIQUE NOT NULL,
        server_id TEXT NOT NULL,
        document TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS migrations_server ON migrations (server_id);
    CREATE TABLE IF NOT EXISTS key_pairs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        user_id TEXT NOT NULL,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        public_key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        created_us INTEGER NOT NULL,
        UNIQUE (user_id, name));
)"};

using store::Rows;
using store::Session;

// Of a query whose rows are documents.
template <typename Record>
Result<std::optional<Record>> first(Rows rows) {
    if (!rows.next())
        return std::nullopt;
    return decode<Record>(rows.text(0));
}
template <typename Record>
Result<std::vector<Record>> all(Rows rows) {
    std::vector<Record> found;
    while (rows.next()) {
        VTPMLAB_TRY(auto record, decode<Record>(rows.text(0)));
        found.push_back(std::move(record));
    }
    return found;
}

Result<std::optional<Flavor>> find_flavor(Session& session, const std::string& id) {
    return first<Flavor>(session.rows("SELECT document FROM flavors WHERE id = ?", {id}));
}
Result<std::optional<ServerRecord>> find_server(Session& session, const std::string& id) {
    return first<ServerRecord>(session.rows("SELECT document FROM servers WHERE id = ?", {id}));
}

void save(Session& session, const Flavor& flavor) {
    session.run("UPDATE flavors SET document = ? WHERE id = ?", {encode(flavor), flavor.id});
}
void save(Session& session, const ServerRecord& server) {
    session.run("UPDATE servers SET host = ?, name = ?, document = ? WHERE id = ?",
                {server.host, server.name, encode(server), server.id});
}
void save(Session& session, const InstanceAction& action) {
    session.run("UPDATE actions SET document = ? WHERE server_id = ? AND request_id = ?",
                {encode(action), action.server_id, action.request_id});
}
void save(Session& session, const Migration& migration) {
    session.run("UPDATE migrations SET document = ? WHERE id = ?",
                {encode(migration), migration.uuid});
}

// Nothing when there is no such record; else as it is after the change.
template <typename Record, typename Change>
Result<std::optional<Record>> change_found(Session& session, Result<std::optional<Record>> found,
                                           const Change& change) {
    if (found && *found) {
        change(**found);
        save(session, **found);
    }
    return found;
}

// The number a row was given by an INSERT … RETURNING number.
std::uint64_t number_of(Rows added) {
    if (!added.next())
        return 0;
    return static_cast<std::uint64_t>(added.integer(0));
}

} // namespace

class Store::Impl {
public:
    Impl(std::unique_ptr<store::Database> opened, std::string file)
        : database_(std::move(opened)), file_(std::move(file)) {}

    template <typename Work>
    auto read(const Work& work) {
        return guarded<std::invoke_result_t<Work, Session&>>([&] {
            auto session = database_->read();
            return work(session);
        });
    }

    // One transaction: what fails half-way is undone.
    template <typename Work>
    auto write(const Work& work) {
        return guarded<std::invoke_result_t<Work, Session&>>([&] {
            auto session = database_->write();
            auto done = work(session);
            if (done)
                session.commit();
            return done;
        });
    }

private:
    // SQLite's exceptions end here.
    template <typename Done, typename Work>
    Done guarded(const Work& work) {
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            return fail(ErrorKind::lab,
                        fmt::format("the compute cloud's database failed: {}", error.what()), file_,
                        "see whether its disk is full");
        }
    }

    std::unique_ptr<store::Database> database_;
    std::string file_;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
    VTPMLAB_TRY(auto database, store::Database::open(file.string(), layout));
    return std::unique_ptr<Store>(
        new Store(std::make_unique<Impl>(std::move(database), file.string())));
}

Result<std::string> Store::node_id(const std::string& host) {
    return impl_->write([&](Session& session) -> Result<std::string> {
        auto node = session.rows("INSERT INTO nodes (host, id) VALUES (?, ?) "
                                 "ON CONFLICT (host) DO UPDATE SET id = id RETURNING id",
                                 {host, random_uuid()});
        if (!node.next())
            return fail(ErrorKind::lab, fmt::format("the host {} was given no id", host));
        return node.text(0);
    });
}

Result<Store::Added> Store::add_flavor(const Flavor& flavor) {
    return impl_->write([&](Session& session) -> Result<Added> {
        if (session.rows("SELECT 1 FROM flavors WHERE name = ?", {flavor.name}).next())
            return Added::name_taken;
        if (session.rows("SELECT 1 FROM flavors WHERE id = ?", {flavor.id}).next())
            return Added::id_taken;
        session.run("INSERT INTO flavors (id, name, document) VALUES (?, ?, ?)",
                    {flavor.id, flavor.name, encode(flavor)});
        return Added::yes;
    });
}

Result<std::optional<Flavor>> Store::flavor(const std::string& id) {
    return impl_->read([&](Session& session) { return find_flavor(session, id); });
}

Result<std::vector<Flavor>> Store::flavors() {
    return impl_->read([&](Session& session) {
        return all<Flavor>(session.rows("SELECT document FROM flavors ORDER BY position"));
    });
}

Result<std::optional<Flavor>> Store::change_flavor(const std::string& id,
                                                   const std::function<void(Flavor&)>& change) {
    return impl_->write(
        [&](Session& session) { return change_found(session, find_flavor(session, id), change); });
}

Result<bool> Store::remove_flavor(const std::string& id) {
    return impl_->write([&](Session& session) -> Result<bool> {
        return session.run("DELETE FROM flavors WHERE id = ?", {id}) > 0;
    });
}

Status Store::add_server(ServerRecord& server) {
    return impl_->write([&](Session& session) -> Status {
        server.number =
            number_of(session.rows("INSERT INTO servers (id, project_id, host, name, document) "
                                   "VALUES (?, ?, ?, ?, '') RETURNING number",
                                   {server.id, server.project_id, server.host, server.name}));
        save(session, server);
        return {};
    });
}

Result<std::optional<ServerRecord>> Store::server(const std::string& id) {
    return impl_->read([&](Session& session) { return find_server(session, id); });
}

// Newest first, as Nova lists them. Each way of asking has its own index.
Result<std::vector<ServerRecord>> Store::servers(const ServerFilter& filter) {
    return impl_->read([&](Session& session) {
        if (!filter.host.empty())
            return all<ServerRecord>(
                session.rows("SELECT document FROM servers WHERE host = ?1 "
                             "AND (?2 = '' OR project_id = ?2) AND (?3 = '' OR name = ?3) "
                             "ORDER BY number DESC",
                             {filter.host, filter.project_id, filter.name}));
        if (!filter.project_id.empty())
            return all<ServerRecord>(session.rows(
                "SELECT document FROM servers WHERE project_id = ?1 AND (?2 = '' OR name = ?2) "
                "ORDER BY number DESC",
                {filter.project_id, filter.name}));
        return all<ServerRecord>(
            session.rows("SELECT document FROM servers WHERE ?1 = '' OR name = ?1 "
                         "ORDER BY number DESC",
                         {filter.name}));
    });
}

Result<std::size_t> Store::count_servers(const std::string& project_id) {
    return impl_->read([&](Session& session) -> Result<std::size_t> {
        auto count =
            session.rows("SELECT COUNT(*) FROM servers WHERE project_id = ?", {project_id});
        return count.next() ? static_cast<std::size_t>(count.integer(0)) : 0;
    });
}

Result<std::optional<ServerRecord>>
Store::change_server(const std::string& id, const std::function<void(ServerRecord&)>& change) {
    return impl_->write(
        [&](Session& session) { return change_found(session, find_server(session, id), change); });
}

Status Store::remove_server(const std::string& id) {
    return impl_->write([&](Session& session) -> Status {
        session.run("DELETE FROM servers WHERE id = ?", {id});
        return {};
    });
}

Status Store::add_action(const InstanceAction& action) {
    return impl_->write([&](Session& session) -> Status {
        // A request that asks twice for the same server is one action.
        session.run("INSERT OR REPLACE INTO actions (server_id, request_id, document) "
                    "VALUES (?, ?, ?)",
                    {action.server_id, action.request_id, encode(action)});
        return {};
    });
}

Result<std::vector<InstanceAction>> Store::actions(const std::string& server_id) {
    return impl_->read([&](Session& session) {
        return all<InstanceAction>(session.rows(
            "SELECT document FROM actions WHERE server_id = ? ORDER BY number DESC", {server_id}));
    });
}

Status Store::change_action(const std::string& server_id, const std::string& request_id,
                            const std::function<void(InstanceAction&)>& change) {
    return impl_->write([&](Session& session) -> Status {
        VTPMLAB_CHECK(
            change_found(session,
                         first<InstanceAction>(session.rows(
                             "SELECT document FROM actions WHERE server_id = ? AND request_id = ?",
                             {server_id, request_id})),
                         change));
        return {};
    });
}

Status Store::add_migration(Migration& migration) {
    return impl_->write([&](Session& session) -> Status {
        migration.id = number_of(session.rows("INSERT INTO migrations (id, server_id, document) "
                                              "VALUES (?, ?, '') RETURNING number",
                                              {migration.uuid, migration.server_id}));
        save(session, migration);
        return {};
    });
}

Result<std::vector<Migration>> Store::migrations(const std::string& server_id) {
    return impl_->read([&](Session& session) {
        if (server_id.empty())
            return all<Migration>(
                session.rows("SELECT document FROM migrations ORDER BY number DESC"));
        return all<Migration>(
            session.rows("SELECT document FROM migrations WHERE server_id = ? ORDER BY number DESC",
                         {server_id}));
    });
}

Status Store::change_migration(const std::string& uuid,
                               const std::function<void(Migration&)>& change) {
    return impl_->write([&](Session& session) -> Status {
        VTPMLAB_CHECK(change_found(
            session,
            first<Migration>(session.rows("SELECT document FROM migrations WHERE id = ?", {uuid})),
            change));
        return {};
    });
}

Result<bool> Store::add_key_pair(KeyPair& pair) {
    return impl_->write([&](Session& session) -> Result<bool> {
        const std::int64_t created_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                            pair.created_at.time_since_epoch())
                                            .count();
        auto added = session.rows(
            "INSERT INTO key_pairs (user_id, name, type, public_key, "
            "fingerprint, created_us) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (user_id, name) DO NOTHING RETURNING number",
            {pair.user_id, pair.name, pair.type, pair.public_key, pair.fingerprint, created_us});
        if (!added.next())
            return false;
        pair.number = static_cast<std::uint64_t>(added.integer(0));
        return true;
    });
}

Result<std::vector<KeyPair>> Store::key_pairs(const std::string& user_id) {
    return impl_->read([&](Session& session) -> Result<std::vector<KeyPair>> {
        auto rows = session.rows("SELECT number, name, type, public_key, fingerprint, created_us "
                                 "FROM key_pairs WHERE user_id = ? ORDER BY name",
                                 {user_id});
        std::vector<KeyPair> found;
        while (rows.next()) {
            KeyPair& pair = found.emplace_back();
            pair.number = static_cast<std::uint64_t>(rows.integer(0));
            pair.user_id = user_id;
            pair.name = rows.text(1);
            pair.type = rows.text(2);
            pair.public_key = rows.text(3);
            pair.fingerprint = rows.text(4);
            pair.created_at = Clock::Time(std::chrono::microseconds(rows.integer(5)));
        }
        return found;
    });
}

Result<bool> Store::remove_key_pair(const std::string& user_id, const std::string& name) {
    return impl_->write([&](Session& session) -> Result<bool> {
        return session.run("DELETE FROM key_pairs WHERE user_id = ? AND name = ?",
                           {user_id, name}) > 0;
    });
}

} // namespace vtpmlab::cloud
