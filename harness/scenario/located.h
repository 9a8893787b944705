#pragma once
// A tree of values from a scenario file, and where each of them was written, so that an error found
// much later (a server's answer that does not match) still points at the line that asked for it.
//
// The one header of this library that needs all of nlohmann/json: a Located *is* a JSON value.

#include <vtpmlab/error.h>

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace vtpmlab::scenario {

struct Located {
    nlohmann::json value;
    std::map<std::string, Place> places; // JSON pointer → where that value begins
    std::map<std::string, Place> keys;   // JSON pointer of a map's entry → where its key begins

    // Where the value at `pointer` begins; of a value that has no place of its own (it came out of
    // a binding), the nearest one around it.
    [[nodiscard]] Place place(std::string_view pointer = "") const;
    // Where the key of the entry at `pointer` begins; the value's place for a list's element.
    [[nodiscard]] Place key_place(std::string_view pointer) const;
    // The part below `pointer`, with its places. `pointer` must exist.
    [[nodiscard]] Located at(const std::string& pointer) const;
};

// One step further down a JSON pointer (RFC 6901: '~' and '/' in a key are escaped).
[[nodiscard]] std::string child(std::string_view pointer, std::string_view key);
[[nodiscard]] std::string child(std::string_view pointer, std::size_t index);

// One line of JSON for a message: ASCII only, cut when it is long, safe for any bytes.
[[nodiscard]] std::string brief(const nlohmann::json& value);

} // namespace vtpmlab::scenario
