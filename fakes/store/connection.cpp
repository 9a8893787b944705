#include "store/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace vtpmlab::store {
namespace {

constexpr int wait_for_lock_ms = 5000;

int version_of(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

// An empty file is new as well: a start that was killed early leaves one behind.
bool is_new(SQLite::Database& database) {
    return version_of(database) == 0 &&
           database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
}

const char* hint_for(int code) {
    switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "bring a copy of the whole directory back, or begin anew in another one";
    default:
        return "is the directory there and writable, and is there room on the disk?";
    }
}

// All or nothing: a file with tables always has its version.
void make_tables(SQLite::Database& database, const Layout& layout) {
    SQLite::Transaction transaction(database);
    database.exec(std::string(layout.tables));
    database.exec(fmt::format("PRAGMA user_version = {}", layout.version));
    transaction.commit();
}

// A database in memory begins as a copy of an empty one, which is made once in the process for each
// layout: making the tables is most of what opening one costs, and a suite opens thousands.
void copy_tables(SQLite::Database& in_memory, const Layout& layout) {
    static std::mutex mutex;
    static std::map<std::string, std::unique_ptr<SQLite::Database>, std::less<>> empty_ones;
    const std::lock_guard lock(mutex);
    auto found = empty_ones.find(layout.tables);
    if (found == empty_ones.end()) {
        auto empty = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE |
                                                                        SQLite::OPEN_CREATE);
        make_tables(*empty, layout);
        found = empty_ones.emplace(layout.tables, std::move(empty)).first;
    }
    SQLite::Backup backup(in_memory, *found->second);
    backup.executeStep(-1);
}

Result<SQLite::Database> connect_in_memory(const Layout& layout) {
    try {
        SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        copy_tables(database, layout);
        database.exec("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
        return database;
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("cannot open a database in memory: {}", error.what()));
    }
}

} // namespace

Status check_version(SQLite::Database& database, int expected) {
    const int version = version_of(database);
    if (version == expected)
        return {};
    return fail(ErrorKind::usage,
                fmt::format("the database {} is of version {}; this vtpmlab knows version {}",
                            database.getFilename(), version, expected),
                {},
                "bring the cloud up with the vtpmlab that wrote it, or begin anew in another "
                "directory");
}

Result<SQLite::Database> connect(const std::string& path, const Layout& layout) {
    if (path.empty())
        return connect_in_memory(layout);
    try {
        SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                  wait_for_lock_ms);
        // SQLite opens what it may not write all the same, and fails when somebody writes.
        if (sqlite3_db_readonly(database.getHandle(), "main") == 1)
            return fail(ErrorKind::lab, fmt::format("the database {} cannot be written", path), {},
                        "let its owner write it (chmod u+w), or begin anew in another directory");
        const bool has_no_tables = is_new(database);
        if (!has_no_tables)
            VTPMLAB_CHECK(check_version(database, layout.version));
        // Write-ahead: a killed process loses nothing that was committed, half a write never shows;
        // a power cut may take the last ones.
        database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        database.exec("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
        if (has_no_tables)
            make_tables(database, layout);
        return database;
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("cannot open the database {}: {}", path, error.what()), {},
                    hint_for(error.getErrorCode()));
    }
}

} // namespace vtpmlab::store
