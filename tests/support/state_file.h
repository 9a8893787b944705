#pragma once
// A cloud's state files seen from outside: their version and, in a few digits, what stands in them.

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace vtpmlab::test {

inline void set_version(const std::string& file, int version) {
    SQLite::Database(file, SQLite::OPEN_READWRITE)
        .exec("PRAGMA user_version = " + std::to_string(version));
}

// FNV-1a: the same everywhere, and no secret is kept with it.
inline std::string digest_of(std::string_view text) {
    std::uint64_t digest = 14695981039346656037u;
    for (const char c : text)
        digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return std::to_string(digest);
}

struct StateFile {
    int version;
    std::string tables; // as SQL
};

inline StateFile read_state_file(const std::string& file) {
    SQLite::Database database(file, SQLite::OPEN_READWRITE);
    StateFile read{database.execAndGet("PRAGMA user_version").getInt(), {}};
    SQLite::Statement all(database,
                          "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
    while (all.executeStep())
        read.tables += all.getColumn(0).getString() + ";\n";
    return read;
}

} // namespace vtpmlab::test
