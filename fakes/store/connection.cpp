#include "store/connection.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

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
    const std::string name = path.empty() ? ":memory:" : path;
    try {
        SQLite::Database database(name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                  wait_for_lock_ms);
        // SQLite opens what it may not write all the same, and fails when somebody writes.
        if (sqlite3_db_readonly(database.getHandle(), "main") == 1)
            return fail(ErrorKind::lab, fmt::format("the database {} cannot be written", name), {},
                        "let its owner write it (chmod u+w), or begin anew in another directory");
        const bool has_no_tables = is_new(database);
        if (!has_no_tables)
            VTPMLAB_CHECK(check_version(database, layout.version));
        // Write-ahead: a killed process loses nothing that was committed, half a write never shows;
        // a power cut may take the last ones.
        if (!path.empty())
            database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        database.exec("PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON");
        if (has_no_tables)
            make_tables(database, layout);
        return database;
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("cannot open the database {}: {}", name, error.what()), {},
                    hint_for(error.getErrorCode()));
    }
}

} // namespace vtpmlab::store
