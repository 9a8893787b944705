#pragma once
// What stands in a database. `version` is written into the file (PRAGMA user_version); it is raised
// with every change of the tables or of what is kept in them. A file of another version is refused:
// none is ever converted.

#include <string_view>

namespace vtpmlab::store {

struct Layout {
    int version;
    std::string_view tables; // SQL that makes them in a database that is new
};

} // namespace vtpmlab::store
