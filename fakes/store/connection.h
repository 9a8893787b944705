#pragma once
// How every database of a cloud is opened, the services' and the compute cloud's alike: write-ahead
// where it is a file, and only if this program knows what stands in it. A file that it does not
// know is refused before anything is written to it.

#include "store/layout.h"

#include <vtpmlab/result.h>

#include <SQLiteCpp/Database.h>

#include <string>

namespace vtpmlab::store {

// Path "" is a database in memory. Kind usage: the file is of another version.
[[nodiscard]] Result<SQLite::Database> connect(const std::string& path, const Layout& layout);

// The version alone, of a database that is open.
[[nodiscard]] Status check_version(SQLite::Database& database, int expected);

} // namespace vtpmlab::store
