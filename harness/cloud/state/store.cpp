#include "cloud/state/store.h"

#include "cloud/state/records_json.h"
#include "store/connection.h"

#include <vtpmlab/encoding.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>

#include <mutex>
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

} // namespace

class Store::Impl {
public:
    explicit Impl(SQLite::Database opened) : database(std::move(opened)) {}

    // Runs one piece of work under the lock; SQLite's exceptions end here.
    template <typename Work>
    std::invoke_result_t<Work> locked(Work work) {
        const std::lock_guard lock(mutex);
        try {
            return work();
        } catch (const SQLite::Exception& error) {
            return fail(ErrorKind::lab,
                        fmt::format("the compute cloud's database failed: {}", error.what()),
                        database.getFilename(), "see whether its disk is full");
        }
    }

    template <typename... Values>
    SQLite::Statement prepared(const std::string& sql, const Values&... values) {
        SQLite::Statement statement(database, sql);
        SQLite::bind(statement, values...);
        return statement;
    }

    // How many rows it changed.
    template <typename... Values>
    int run(const std::string& sql, const Values&... values) {
        return prepared(sql, values...).exec();
    }

    // The number of the row that was added last.
    [[nodiscard]] std::uint64_t last_number() const {
        return static_cast<std::uint64_t>(database.getLastInsertRowid());
    }

    [[nodiscard]] bool exists(const std::string& table, const std::string& column,
                              const std::string& value) {
        return prepared(fmt::format("SELECT 1 FROM {} WHERE {} = ?", table, column), value)
            .executeStep();
    }

    // Of a query whose rows are documents.
    template <typename Record>
    static Result<std::optional<Record>> first(SQLite::Statement query) {
        if (!query.executeStep())
            return std::nullopt;
        return decode<Record>(query.getColumn(0).getString());
    }
    template <typename Record>
    static Result<std::vector<Record>> all(SQLite::Statement query) {
        std::vector<Record> found;
        while (query.executeStep()) {
            VTPMLAB_TRY(auto record, decode<Record>(query.getColumn(0).getString()));
            found.push_back(std::move(record));
        }
        return found;
    }

    template <typename Record>
    Result<std::optional<Record>> find(const std::string& table, const std::string& id) {
        return first<Record>(
            prepared(fmt::format("SELECT document FROM {} WHERE id = ?", table), id));
    }

    // Nothing when there is no such record; else as it is after the change.
    template <typename Record, typename Change>
    Result<std::optional<Record>> change(Result<std::optional<Record>> found, Change apply) {
        if (found && *found) {
            apply(**found);
            save(**found);
        }
        return found;
    }

    void save(const Flavor& flavor) {
        run("UPDATE flavors SET document = ? WHERE id = ?", encode(flavor), flavor.id);
    }
    void save(const ServerRecord& server) {
        run("UPDATE servers SET host = ?, name = ?, document = ? WHERE id = ?", server.host,
            server.name, encode(server), server.id);
    }
    void save(const InstanceAction& action) {
        run("UPDATE actions SET document = ? WHERE server_id = ? AND request_id = ?",
            encode(action), action.server_id, action.request_id);
    }
    void save(const Migration& migration) {
        run("UPDATE migrations SET document = ? WHERE id = ?", encode(migration), migration.uuid);
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
    return impl_->locked([&]() -> Result<std::string> {
        auto insert = impl_->prepared("INSERT INTO nodes (host, id) VALUES (?, ?) "
                                      "ON CONFLICT (host) DO UPDATE SET id = id RETURNING id",
                                      host, random_uuid());
        insert.executeStep();
        return insert.getColumn(0).getString();
    });
}

Result<Store::Added> Store::add_flavor(const Flavor& flavor) {
    return impl_->locked([&]() -> Result<Added> {
        if (impl_->exists("flavors", "name", flavor.name))
            return Added::name_taken;
        if (impl_->exists("flavors", "id", flavor.id))
            return Added::id_taken;
        impl_->run("INSERT INTO flavors (id, name, document) VALUES (?, ?, ?)", flavor.id,
                   flavor.name, encode(flavor));
        return Added::yes;
    });
}

Result<std::optional<Flavor>> Store::flavor(const std::string& id) {
    return impl_->locked([&] { return impl_->find<Flavor>("flavors", id); });
}

Result<std::vector<Flavor>> Store::flavors() {
    return impl_->locked([&] {
        return Impl::all<Flavor>(impl_->prepared("SELECT document FROM flavors ORDER BY position"));
    });
}

Result<std::optional<Flavor>> Store::change_flavor(const std::string& id,
                                                   const std::function<void(Flavor&)>& change) {
    return impl_->locked([&] { return impl_->change(impl_->find<Flavor>("flavors", id), change); });
}

Result<bool> Store::remove_flavor(const std::string& id) {
    return impl_->locked(
        [&]() -> Result<bool> { return impl_->run("DELETE FROM flavors WHERE id = ?", id) > 0; });
}

Status Store::add_server(ServerRecord& server) {
    return impl_->locked([&]() -> Status {
        impl_->run("INSERT INTO servers (id, project_id, host, name, document) "
                   "VALUES (?, ?, ?, ?, '')",
                   server.id, server.project_id, server.host, server.name);
        server.number = impl_->last_number();
        impl_->save(server);
        return {};
    });
}

Result<std::optional<ServerRecord>> Store::server(const std::string& id) {
    return impl_->locked([&] { return impl_->find<ServerRecord>("servers", id); });
}

Result<std::vector<ServerRecord>> Store::servers(const ServerFilter& filter) {
    return impl_->locked([&] {
        // Newest first, as Nova lists them.
        return Impl::all<ServerRecord>(
            impl_->prepared("SELECT document FROM servers WHERE (?1 = '' OR project_id = ?1) "
                            "AND (?2 = '' OR host = ?2) AND (?3 = '' OR name = ?3) "
                            "ORDER BY number DESC",
                            filter.project_id, filter.host, filter.name));
    });
}

Result<std::size_t> Store::count_servers(const std::string& project_id) {
    return impl_->locked([&]() -> Result<std::size_t> {
        auto query =
            impl_->prepared("SELECT COUNT(*) FROM servers WHERE project_id = ?", project_id);
        query.executeStep();
        return static_cast<std::size_t>(query.getColumn(0).getInt64());
    });
}

Result<std::optional<ServerRecord>>
Store::change_server(const std::string& id, const std::function<void(ServerRecord&)>& change) {
    return impl_->locked(
        [&] { return impl_->change(impl_->find<ServerRecord>("servers", id), change); });
}

Status Store::remove_server(const std::string& id) {
    return impl_->locked([&]() -> Status {
        impl_->run("DELETE FROM servers WHERE id = ?", id);
        return {};
    });
}

Status Store::add_action(const InstanceAction& action) {
    return impl_->locked([&]() -> Status {
        // A request that asks twice for the same server is one action.
        impl_->run("INSERT OR REPLACE INTO actions (server_id, request_id, document) "
                   "VALUES (?, ?, ?)",
                   action.server_id, action.request_id, encode(action));
        return {};
    });
}

Result<std::vector<InstanceAction>> Store::actions(const std::string& server_id) {
    return impl_->locked([&] {
        return Impl::all<InstanceAction>(impl_->prepared(
            "SELECT document FROM actions WHERE server_id = ? ORDER BY number DESC", server_id));
    });
}

Status Store::change_action(const std::string& server_id, const std::string& request_id,
                            const std::function<void(InstanceAction&)>& change) {
    return impl_->locked([&]() -> Status {
        VTPMLAB_CHECK(
            impl_->change(Impl::first<InstanceAction>(impl_->prepared(
                              "SELECT document FROM actions WHERE server_id = ? AND request_id = ?",
                              server_id, request_id)),
                          change));
        return {};
    });
}

Status Store::add_migration(Migration& migration) {
    return impl_->locked([&]() -> Status {
        impl_->run("INSERT INTO migrations (id, server_id, document) VALUES (?, ?, '')",
                   migration.uuid, migration.server_id);
        migration.id = impl_->last_number();
        impl_->save(migration);
        return {};
    });
}

Result<std::vector<Migration>> Store::migrations(const std::string& server_id) {
    return impl_->locked([&] {
        return Impl::all<Migration>(
            impl_->prepared("SELECT document FROM migrations WHERE (?1 = '' OR server_id = ?1) "
                            "ORDER BY number DESC",
                            server_id));
    });
}

Status Store::change_migration(const std::string& uuid,
                               const std::function<void(Migration&)>& change) {
    return impl_->locked([&]() -> Status {
        VTPMLAB_CHECK(impl_->change(impl_->find<Migration>("migrations", uuid), change));
        return {};
    });
}

Result<bool> Store::add_key_pair(KeyPair& pair) {
    return impl_->locked([&]() -> Result<bool> {
        const std::int64_t created_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                            pair.created_at.time_since_epoch())
                                            .count();
        const int added = impl_->run("INSERT INTO key_pairs (user_id, name, type, public_key, "
                                     "fingerprint, created_us) VALUES (?, ?, ?, ?, ?, ?) "
                                     "ON CONFLICT (user_id, name) DO NOTHING",
                                     pair.user_id, pair.name, pair.type, pair.public_key,
                                     pair.fingerprint, created_us);
        if (added == 0)
            return false;
        pair.number = impl_->last_number();
        return true;
    });
}

Result<std::vector<KeyPair>> Store::key_pairs(const std::string& user_id) {
    return impl_->locked([&]() -> Result<std::vector<KeyPair>> {
        auto query =
            impl_->prepared("SELECT number, name, type, public_key, fingerprint, created_us "
                            "FROM key_pairs WHERE user_id = ? ORDER BY name",
                            user_id);
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
    return impl_->locked([&]() -> Result<bool> {
        return impl_->run("DELETE FROM key_pairs WHERE user_id = ? AND name = ?", user_id, name) >
               0;
    });
}

} // namespace vtpmlab::cloud
