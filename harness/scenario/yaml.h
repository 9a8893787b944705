#pragma once
// YAML to a Located tree; the only file that knows the YAML library is yaml.cpp. Plain scalars are
// typed by the core rules of YAML 1.2 (so `no` and `on` are texts), quoted ones stay texts, keys
// are always texts. Left out on purpose, with an error that says so: anchors, aliases and tags,
// duplicate keys, a second document.

#include "scenario/located.h"
#include "scenario/source_text.h"

#include <vtpmlab/result.h>

#include <map>
#include <string>
#include <utility>

namespace vtpmlab::scenario {

inline constexpr int deepest_nesting = 32;

struct Document {
    Located tree;
    // How a value that is not a text was written, by line and column: 2.10 as a number is 2.1, and
    // an error or a case's name should show what stands in the file.
    std::map<std::pair<int, int>, std::string> literals;

    [[nodiscard]] const std::string* literal(const Place& place) const {
        const auto at = literals.find({place.line, place.column});
        return at == literals.end() ? nullptr : &at->second;
    }
};

[[nodiscard]] Result<Document> read_yaml(const SourceText& source);

} // namespace vtpmlab::scenario
