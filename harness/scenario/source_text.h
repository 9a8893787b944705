#pragma once
// The text of one scenario file, by lines, and errors that show one of them with a caret. Bounded:
// a line of a megabyte is cut to a window around the caret, control characters are made visible.

#include <vtpmlab/error.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

class SourceText {
public:
    // A byte order mark in front is dropped.
    SourceText(std::string file, std::string text);

    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    // The place of a byte; lines and columns count from 1, columns in characters, not bytes.
    [[nodiscard]] Place place_at(std::size_t offset) const;
    // The same for a line and a byte in it, both from 0, as YAML libraries count.
    [[nodiscard]] Place place_in_line(int line, int byte) const;
    // The byte of the text at a line and a byte in it, both from 0.
    [[nodiscard]] std::size_t offset_of(int line, int byte) const;
    // Where `token` stands in the rest of the line that begins at `from`; `from` when it does not.
    [[nodiscard]] Place find_from(const Place& from, std::string_view token) const;

    // Of kind scenario, with the line and a caret. A place in another file, or nowhere, gives the
    // error without them.
    [[nodiscard]] Error error(const Place& place, std::string message, std::string hint = {}) const;

private:
    [[nodiscard]] std::string_view line(int number) const; // from 1, without its newline

    std::string file_;
    std::string text_;
    std::vector<std::size_t> starts_; // of each line
};

} // namespace vtpmlab::scenario
