#pragma once
// One SQLite database: in memory for a run, a file where the state shall survive. Statements are
// prepared once; everything goes through a Session, which holds the database's lock, so a service's
// store is a sequence of whole transactions.
//
// A failure of SQLite itself (no disk space, a bug of ours) is thrown and becomes a 500 at the edge
// of the HTTP kit; what a request may cause (a duplicate name) is asked for with `changed`.

#include "store/layout.h"

#include <vtpmlab/result.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vtpmlab::store {

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view,
                           std::span<const unsigned char>>;

class Database;

// The rows of one statement, read one after another. The statement is free again when this goes.
class Rows {
public:
    ~Rows();
    Rows(Rows&& other) noexcept;
    Rows& operator=(Rows&&) = delete;

    [[nodiscard]] bool next();
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string text(int column) const;
    // Nothing if the column is null.
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;
    [[nodiscard]] std::vector<unsigned char> blob(int column) const;

private:
    friend class Session;
    explicit Rows(void* statement) : statement_(statement) {}
    void* statement_;
};

enum class Mode { read, write };

// Holds the lock of the database. A writing session is one transaction: undone unless committed.
class Session {
public:
    Session(Database& database, Mode mode);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // `sql` is a literal: it is the key of the prepared statement. One at a time for each text.
    [[nodiscard]] Rows rows(std::string_view sql, std::initializer_list<Value> values = {});
    // Runs a statement that gives no rows; how many rows it changed. A violated UNIQUE or foreign
    // key gives nothing, and the transaction goes on.
    std::optional<int> changed(std::string_view sql, std::initializer_list<Value> values = {});
    // The same where no constraint can fail.
    int run(std::string_view sql, std::initializer_list<Value> values = {});

    void commit();

private:
    Database& database_;
    std::unique_lock<std::mutex> lock_;
    bool open_transaction_ = false;
};

class Database {
public:
    // Path "" is a database in memory. Kind usage: the file is of another version.
    static Result<std::unique_ptr<Database>> open(const std::string& path, const Layout& layout);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] Session read() { return Session(*this, Mode::read); }
    [[nodiscard]] Session write() { return Session(*this, Mode::write); }

    // Keeps a copy of everything under a name, taken from whole transactions: in memory for a
    // database in memory, in a file beside it (PATH.snapshot-NAME) for one in a file. The name has
    // no
    // '/'.
    [[nodiscard]] Status snapshot(const std::string& name);
    // Everything as it was then. Kind usage: there is no snapshot of that name, or it is of another
    // version.
    [[nodiscard]] Status restore(const std::string& name);

private:
    friend class Session;
    struct Impl;
    explicit Database(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::store
