#pragma once
// Replays recorded request/answer pairs of a real service against ours, in the order they were
// recorded, and says where the answers differ. `$NAME` in a request is filled in; `<name>` in an
// expected answer is a blank that teaches the replay the value standing there.

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab::test {

struct ReplayConfig {
    std::string samples;                          // the file, one JSON object a line
    std::string base_url;                         // where paths of the samples begin
    std::map<std::string, std::string> variables; // "RP" → a value; what is missing is a new UUID
    std::map<std::string, std::string> blanks;    // "placement" → "http://127.0.0.1:1"
    std::string token;                            // for samples that were sent with one
    std::map<std::string, std::string> headers;   // more of them, on every request
    // Samples that are not sent: name → why.
    std::map<std::string, std::string> skipped;
    // Samples that were recorded when the thing was gone already: sent once more before.
    std::set<std::string> repeated;
    // Samples whose texts count only up to and with these words: what follows is the repr of a
    // Python schema.
    std::map<std::string, std::string> prefixes;
    // Members of bodies that are not compared, by pointer ("/token/catalog"): why.
    std::map<std::string, std::string> ignored;
};

struct ReplayResult {
    int compared = 0;
    std::vector<std::string> differences; // "sample 'name': …"
};

[[nodiscard]] ReplayResult replay(const ReplayConfig& config);

} // namespace vtpmlab::test
