#pragma once
// Small words about words: "did you mean", and what may be printed of a hostile text.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vtpmlab {

// The candidate nearest to `word` by edit distance, if one is near enough to be meant: a distance
// of at most a third of the word's length, and at least 1.
[[nodiscard]] std::optional<std::string> did_you_mean(std::string_view word,
                                                      std::span<const std::string> candidates);

// Printable text of what came from a guest or a client: control characters and bytes beyond ASCII
// as \xNN (newline and tab stay), cut at `limit` bytes with "…".
[[nodiscard]] std::string printable(std::string_view hostile, std::size_t limit = 4096);

} // namespace vtpmlab
