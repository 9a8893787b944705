#pragma once
// Secrets in what was said over HTTP, and in files where they must not be.

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::test {

struct Secrets {
    std::set<std::string> tokens;
    std::set<std::string> passwords;
    std::set<std::string> passphrases; // payloads as they were sent, and what they decode to
    [[nodiscard]] std::vector<std::string> all() const;
};

// Of one direction of a connection: tokens in headers of requests and answers, passwords in logins,
// payloads of secrets.
void collect_secrets(std::string_view stream, Secrets& secrets);

// The forms in which a text may stand in a file and still be known: as it is, in hex of either
// case, in base64 at each of the three places it may have in what was encoded.
[[nodiscard]] std::vector<std::string> forms_of(const std::string& secret);

struct FoundSecret {
    std::filesystem::path file;
    std::size_t offset = 0;
    std::string form; // never the secret: "form 3 of a secret of 512 bytes"
};
struct SearchResult {
    std::vector<FoundSecret> found;
    std::size_t files = 0;
    std::size_t bytes = 0;
};
// Every byte of every regular file below, and the files' names. What cannot be read throws.
[[nodiscard]] SearchResult search(const std::filesystem::path& directory,
                                  const std::vector<std::string>& secrets);

} // namespace vtpmlab::test
