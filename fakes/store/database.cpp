#include "store/database.h"

#include "store/connection.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <unordered_map>

namespace vtpmlab::store {

struct Database::Impl {
    Impl(std::string database_path, int layout_version, SQLite::Database opened)
        : path(std::move(database_path)), version(layout_version), connection(std::move(opened)) {}

    SQLite::Statement& prepared(std::string_view sql) {
        auto& statement = statements[sql];
        if (!statement)
            statement = std::make_unique<SQLite::Statement>(connection, std::string(sql));
        return *statement;
    }

    // The snapshot's own database; null if there is none and none shall be made.
    SQLite::Database* kept(const std::string& name, int flags) {
        auto& found = snapshots[name];
        const std::string file = path.empty() ? ":memory:" : path + ".snapshot-" + name;
        const bool may_open =
            (flags & SQLite::OPEN_CREATE) != 0 || (!path.empty() && std::filesystem::exists(file));
        if (!found && may_open)
            found = std::make_unique<SQLite::Database>(file, flags, 5000);
        return found.get();
    }

    const std::string path; // "" in memory
    const int version;      // of the layout
    std::mutex mutex;
    SQLite::Database connection;
    std::map<std::string, std::unique_ptr<SQLite::Database>> snapshots;
    std::unordered_map<std::string_view, std::unique_ptr<SQLite::Statement>> statements;
};

namespace {

SQLite::Statement& statement_of(void* pointer) { return *static_cast<SQLite::Statement*>(pointer); }

void bind(SQLite::Statement& statement, std::initializer_list<Value> values) {
    int index = 0;
    for (const Value& value : values) {
        ++index;
        if (std::holds_alternative<std::nullptr_t>(value))
            statement.bind(index);
        else if (const auto* number = std::get_if<std::int64_t>(&value))
            statement.bind(index, *number);
        else if (const auto* real = std::get_if<double>(&value))
            statement.bind(index, *real);
        else if (const auto* text = std::get_if<std::string_view>(&value))
            statement.bind(index, std::string(*text));
        else if (const auto* bytes = std::get_if<std::span<const unsigned char>>(&value))
            statement.bind(index, bytes->data(), static_cast<int>(bytes->size()));
    }
}

// All pages in one step, so under the caller's lock nothing comes in between.
void copy(SQLite::Database& from, SQLite::Database& to) {
    SQLite::Backup backup(to, from);
    backup.executeStep(-1);
}

} // namespace

Rows::Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
Rows::~Rows() {
    if (statement_)
        statement_of(statement_).tryReset();
}
bool Rows::next() { return statement_of(statement_).executeStep(); }
bool Rows::is_null(int column) const { return statement_of(statement_).getColumn(column).isNull(); }
std::int64_t Rows::integer(int column) const {
    return statement_of(statement_).getColumn(column).getInt64();
}
double Rows::real(int column) const {
    return statement_of(statement_).getColumn(column).getDouble();
}
std::string Rows::text(int column) const {
    return statement_of(statement_).getColumn(column).getString();
}
std::optional<std::string> Rows::optional_text(int column) const {
    if (is_null(column))
        return std::nullopt;
    return text(column);
}
std::vector<unsigned char> Rows::blob(int column) const {
    const auto value = statement_of(statement_).getColumn(column);
    const auto* bytes = static_cast<const unsigned char*>(value.getBlob());
    return {bytes, bytes + value.getBytes()};
}

Session::Session(Database& database, Mode mode)
    : database_(database), lock_(database.impl_->mutex) {
    if (mode == Mode::write) {
        run("BEGIN IMMEDIATE");
        open_transaction_ = true;
    }
}

Session::~Session() {
    if (!open_transaction_)
        return;
    try {
        run("ROLLBACK");
    } catch (const SQLite::Exception&) {
        // SQLite has rolled back by itself already (disk full); there is nothing left to undo.
    }
}

Rows Session::rows(std::string_view sql, std::initializer_list<Value> values) {
    SQLite::Statement& statement = database_.impl_->prepared(sql);
    bind(statement, values);
    return Rows(&statement);
}

std::optional<int> Session::changed(std::string_view sql, std::initializer_list<Value> values) {
    SQLite::Statement& statement = database_.impl_->prepared(sql);
    const Rows freed_at_the_end(&statement);
    bind(statement, values);
    try {
        return statement.exec();
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_CONSTRAINT)
            return std::nullopt;
        throw;
    }
}

int Session::run(std::string_view sql, std::initializer_list<Value> values) {
    SQLite::Statement& statement = database_.impl_->prepared(sql);
    const Rows freed_at_the_end(&statement);
    bind(statement, values);
    return statement.exec();
}

void Session::commit() {
    run("COMMIT");
    open_transaction_ = false;
}

Status Database::snapshot(const std::string& name) {
    const std::lock_guard lock(impl_->mutex);
    try {
        copy(impl_->connection, *impl_->kept(name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE));
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("cannot keep snapshot '{}': {}", name, error.what()), {},
                    "is there room on the disk?");
    }
    return {};
}

Status Database::restore(const std::string& name) {
    const std::lock_guard lock(impl_->mutex);
    try {
        SQLite::Database* kept = impl_->kept(name, SQLite::OPEN_READWRITE);
        if (!kept)
            return fail(ErrorKind::usage, fmt::format("there is no snapshot '{}'", name), {},
                        "make it first, with /__control/snapshot");
        VTPMLAB_CHECK(check_version(*kept, impl_->version)); // it may be of an earlier start
        copy(*kept, impl_->connection);
    } catch (const SQLite::Exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("cannot restore snapshot '{}': {}", name, error.what()), {},
                    "make it anew, with /__control/snapshot");
    }
    return {};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const Layout& layout) {
    VTPMLAB_TRY(auto connection, connect(path, layout));
    return std::unique_ptr<Database>(
        new Database(std::make_unique<Impl>(path, layout.version, std::move(connection))));
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

} // namespace vtpmlab::store
