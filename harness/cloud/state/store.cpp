#include "cloud/state/store.h"

#include "cloud/state/records_json.h"
#include "store/connection.h"

#include <vtpmlab/encoding.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <mutex>

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

} // namespace

class Store::Impl {
public:
    explicit Impl(SQLite::Database opened) : database(std::move(opened)) {}

    // Runs one piece of work under the lock; SQLite's exceptions end here.
    template <typename T>
    Result<T> locked(const std::function<Result<T>()>& work) {
        const std::lock_guard lock(mutex);
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            return fail(ErrorKind::lab,
                        fmt::format("the compute cloud's database failed: {}", error.what()),
                        database.getFilename(), "see whether its disk is full");
        }
    }

    [[nodiscard]] bool exists(const std::string& table, const std::string& column,
                              const std::string& value) {
        SQLite::Statement query(database,
                                fmt::format("SELECT 1 FROM {} WHERE {} = ?", table, column));
        query.bind(1, value);
        return query.executeStep();
    }

    [[nodiscard]] std::optional<std::string> document(const std::string& table,
                                                      const std::string& id) {
        SQLite::Statement query(database,
                                fmt::format("SELECT document FROM {} WHERE id = ?", table));
        query.bind(1, id);
        if (!query.executeStep())
            return std::nullopt;
        return query.getColumn(0).getString();
    }

    bool remove(const std::string& table, const std::string& id) {
        SQLite::Statement statement(database, fmt::format("DELETE FROM {} WHERE id = ?", table));
        statement.bind(1, id);
        return statement.exec() > 0;
    }

    void save(const ServerRecord& server) {
        SQLite::Statement statement(
            database, "UPDATE servers SET host = ?, name = ?, document = ? WHERE id = ?");
        statement.bind(1, server.host);
        statement.bind(2, server.name);
        statement.bind(3, encode(server));
        statement.bind(4, server.id);
        statement.exec();
    }

    void save(const Migration& migration) {
        SQLite::Statement statement(database, "UPDATE migrations SET document = ? WHERE id = ?");
        statement.bind(1, encode(migration));
        statement.bind(2, migration.uuid);
        statement.exec();
    }

    std::mutex mutex;
    SQLite::Database database;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
    VTPMLAB_TRY(auto database, store::connect(file.string(), layout));
    return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(std::move(database))));
}

Result<std::string> Store::node_id(const std::string& host) {
    return impl_->locked<std::string>([&]() -> Result<std::string> {
        SQLite::Statement insert(impl_->database,
                                 "INSERT INTO nodes (host, id) VALUES (?, ?) "
                                 "ON CONFLICT (host) DO UPDATE SET id = id RETURNING id");
        insert.bind(1, host);
        insert.bind(2, random_uuid());
        insert.executeStep();
        return insert.getColumn(0).getString();
    });
}

Result<Store::Added> Store::add_flavor(const Flavor& flavor) {
    return impl_->locked<Added>([&]() -> Result<Added> {
        if (impl_->exists("flavors", "name", flavor.name))
            return Added::name_taken;
        if (impl_->exists("flavors", "id", flavor.id))
            return Added::id_taken;
        SQLite::Statement statement(impl_->database,
                                    "INSERT INTO flavors (id, name, document) VALUES (?, ?, ?)");
        statement.bind(1, flavor.id);
        statement.bind(2, flavor.name);
        statement.bind(3, encode(flavor));
        statement.exec();
        return Added::yes;
    });
}

Result<std::optional<Flavor>> Store::flavor(const std::string& id) {
    return impl_->locked<std::optional<Flavor>>([&]() -> Result<std::optional<Flavor>> {
        const auto document = impl_->document("flavors", id);
        if (!document)
            return std::nullopt;
        return decode_flavor(*document);
    });
}

Result<std::vector<Flavor>> Store::flavors() {
    return impl_->locked<std::vector<Flavor>>([&]() -> Result<std::vector<Flavor>> {
        std::vector<Flavor> all;
        SQLite::Statement query(impl_->database, "SELECT document FROM flavors ORDER BY position");
        while (query.executeStep()) {
            VTPMLAB_TRY(auto flavor, decode_flavor(query.getColumn(0).getString()));
            all.push_back(std::move(flavor));
        }
        return all;
    });
}

Result<std::optional<Flavor>> Store::change_flavor(const std::string& id,
                                                   const std::function<void(Flavor&)>& change) {
    return impl_->locked<std::optional<Flavor>>([&]() -> Result<std::optional<Flavor>> {
        const auto document = impl_->document("flavors", id);
        if (!document)
            return std::nullopt;
        VTPMLAB_TRY(auto flavor, decode_flavor(*document));
        change(flavor);
        SQLite::Statement statement(impl_->database,
                                    "UPDATE flavors SET document = ? WHERE id = ?");
        statement.bind(1, encode(flavor));
        statement.bind(2, id);
        statement.exec();
        return flavor;
    });
}

Result<bool> Store::remove_flavor(const std::string& id) {
    return impl_->locked<bool>([&]() -> Result<bool> { return impl_->remove("flavors", id); });
}

Status Store::add_server(ServerRecord& server) {
    return impl_->locked<void>([&]() -> Status {
        SQLite::Statement statement(impl_->database,
                                    "INSERT INTO servers (id, project_id, host, name, document) "
                                    "VALUES (?, ?, ?, ?, '')");
        statement.bind(1, server.id);
        statement.bind(2, server.project_id);
        statement.bind(3, server.host);
        statement.bind(4, server.name);
        statement.exec();
        server.number = static_cast<std::uint64_t>(impl_->database.getLastInsertRowid());
        impl_->save(server);
        return {};
    });
}

Result<std::optional<ServerRecord>> Store::server(const std::string& id) {
    return impl_->locked<std::optional<ServerRecord>>([&]() -> Result<std::optional<ServerRecord>> {
        const auto document = impl_->document("servers", id);
        if (!document)
            return std::nullopt;
        return decode_server(*document);
    });
}

Result<std::vector<ServerRecord>> Store::servers(const ServerFilter& filter) {
    return impl_->locked<std::vector<ServerRecord>>([&]() -> Result<std::vector<ServerRecord>> {
        // Newest first, as Nova lists them.
        SQLite::Statement query(impl_->database,
                                "SELECT document FROM servers WHERE (?1 = '' OR project_id = ?1) "
                                "AND (?2 = '' OR host = ?2) AND (?3 = '' OR name = ?3) "
                                "ORDER BY number DESC");
        query.bind(1, filter.project_id);
        query.bind(2, filter.host);
        query.bind(3, filter.name);
        std::vector<ServerRecord> found;
        while (query.executeStep()) {
            VTPMLAB_TRY(auto server, decode_server(query.getColumn(0).getString()));
            found.push_back(std::move(server));
        }
        return found;
    });
}

Result<std::size_t> Store::count_servers(const std::string& project_id) {
    return impl_->locked<std::size_t>([&]() -> Result<std::size_t> {
        SQLite::Statement query(impl_->database,
                                "SELECT COUNT(*) FROM servers WHERE project_id = ?");
        query.bind(1, project_id);
        query.executeStep();
        return static_cast<std::size_t>(query.getColumn(0).getInt64());
    });
}

Result<std::optional<ServerRecord>>
Store::change_server(const std::string& id, const std::function<void(ServerRecord&)>& change) {
    return impl_->locked<std::optional<ServerRecord>>([&]() -> Result<std::optional<ServerRecord>> {
        const auto document = impl_->document("servers", id);
        if (!document)
            return std::nullopt;
        VTPMLAB_TRY(auto server, decode_server(*document));
        change(server);
        impl_->save(server);
        return server;
    });
}

Status Store::remove_server(const std::string& id) {
    return impl_->locked<void>([&]() -> Status {
        impl_->remove("servers", id);
        return {};
    });
}

Status Store::add_action(const InstanceAction& action) {
    return impl_->locked<void>([&]() -> Status {
        // A request that asks twice for the same server is one action.
        SQLite::Statement statement(impl_->database,
                                    "INSERT OR REPLACE INTO actions (server_id, request_id, "
                                    "document) VALUES (?, ?, ?)");
        statement.bind(1, action.server_id);
        statement.bind(2, action.request_id);
        statement.bind(3, encode(action));
        statement.exec();
        return {};
    });
}

Result<std::vector<InstanceAction>> Store::actions(const std::string& server_id) {
    return impl_->locked<std::vector<InstanceAction>>([&]() -> Result<std::vector<InstanceAction>> {
        SQLite::Statement query(
            impl_->database,
            "SELECT document FROM actions WHERE server_id = ? ORDER BY number DESC");
        query.bind(1, server_id);
        std::vector<InstanceAction> found;
        while (query.executeStep()) {
            VTPMLAB_TRY(auto action, decode_action(query.getColumn(0).getString()));
            found.push_back(std::move(action));
        }
        return found;
    });
}

Status Store::change_action(const std::string& server_id, const std::string& request_id,
                            const std::function<void(InstanceAction&)>& change) {
    return impl_->locked<void>([&]() -> Status {
        SQLite::Statement query(impl_->database, "SELECT document FROM actions WHERE server_id = ? "
                                                 "AND request_id = ?");
        query.bind(1, server_id);
        query.bind(2, request_id);
        if (!query.executeStep())
            return {};
        VTPMLAB_TRY(auto action, decode_action(query.getColumn(0).getString()));
        change(action);
        SQLite::Statement statement(impl_->database, "UPDATE actions SET document = ? WHERE "
                                                     "server_id = ? AND request_id = ?");
        statement.bind(1, encode(action));
        statement.bind(2, server_id);
        statement.bind(3, request_id);
        statement.exec();
        return {};
    });
}

Status Store::add_migration(Migration& migration) {
    return impl_->locked<void>([&]() -> Status {
        SQLite::Statement statement(
            impl_->database, "INSERT INTO migrations (id, server_id, document) VALUES (?, ?, '')");
        statement.bind(1, migration.uuid);
        statement.bind(2, migration.server_id);
        statement.exec();
        migration.id = static_cast<std::uint64_t>(impl_->database.getLastInsertRowid());
        impl_->save(migration);
        return {};
    });
}

Result<std::vector<Migration>> Store::migrations(const std::string& server_id) {
    return impl_->locked<std::vector<Migration>>([&]() -> Result<std::vector<Migration>> {
        SQLite::Statement query(impl_->database, "SELECT document FROM migrations WHERE (?1 = '' "
                                                 "OR server_id = ?1) ORDER BY number DESC");
        query.bind(1, server_id);
        std::vector<Migration> found;
        while (query.executeStep()) {
            VTPMLAB_TRY(auto migration, decode_migration(query.getColumn(0).getString()));
            found.push_back(std::move(migration));
        }
        return found;
    });
}

Status Store::change_migration(const std::string& uuid,
                               const std::function<void(Migration&)>& change) {
    return impl_->locked<void>([&]() -> Status {
        const auto document = impl_->document("migrations", uuid);
        if (!document)
            return {};
        VTPMLAB_TRY(auto migration, decode_migration(*document));
        change(migration);
        impl_->save(migration);
        return {};
    });
}

Result<bool> Store::add_key_pair(KeyPair& pair) {
    return impl_->locked<bool>([&]() -> Result<bool> {
        SQLite::Statement insert(impl_->database,
                                 "INSERT INTO key_pairs (user_id, name, type, public_key, "
                                 "fingerprint, created_us) VALUES (?, ?, ?, ?, ?, ?) "
                                 "ON CONFLICT (user_id, name) DO NOTHING");
        insert.bind(1, pair.user_id);
        insert.bind(2, pair.name);
        insert.bind(3, pair.type);
        insert.bind(4, pair.public_key);
        insert.bind(5, pair.fingerprint);
        insert.bind(6, std::int64_t{std::chrono::duration_cast<std::chrono::microseconds>(
                                        pair.created_at.time_since_epoch())
                                        .count()});
        if (insert.exec() == 0)
            return false;
        pair.number = static_cast<std::uint64_t>(impl_->database.getLastInsertRowid());
        return true;
    });
}

Result<std::vector<KeyPair>> Store::key_pairs(const std::string& user_id) {
    return impl_->locked<std::vector<KeyPair>>([&]() -> Result<std::vector<KeyPair>> {
        SQLite::Statement query(impl_->database,
                                "SELECT number, name, type, public_key, fingerprint, created_us "
                                "FROM key_pairs WHERE user_id = ? ORDER BY name");
        query.bind(1, user_id);
        std::vector<KeyPair> all;
        while (query.executeStep()) {
            KeyPair& pair = all.emplace_back();
            pair.number = static_cast<std::uint64_t>(query.getColumn(0).getInt64());
            pair.user_id = user_id;
            pair.name = query.getColumn(1).getString();
            pair.type = query.getColumn(2).getString();
            pair.public_key = query.getColumn(3).getString();
            pair.fingerprint = query.getColumn(4).getString();
            pair.created_at = Clock::Time(std::chrono::microseconds(query.getColumn(5).getInt64()));
        }
        return all;
    });
}

Result<bool> Store::remove_key_pair(const std::string& user_id, const std::string& name) {
    return impl_->locked<bool>([&]() -> Result<bool> {
        SQLite::Statement statement(impl_->database,
                                    "DELETE FROM key_pairs WHERE user_id = ? AND name = ?");
        statement.bind(1, user_id);
        statement.bind(2, name);
        return statement.exec() > 0;
    });
}

} // namespace vtpmlab::cloud
