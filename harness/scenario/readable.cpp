#include "scenario/readable.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace vtpmlab::scenario {
namespace {

// The length of the UTF-8 character that begins `text`, or 0 when it is none (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t character_length(std::string_view text) {
    auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) >= 0xa0;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool overlong = first == 0xf0 && byte(1) < 0x90;
        const bool too_large = first == 0xf4 && byte(1) >= 0x90;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

} // namespace

Status check_readable(const SourceText& source) {
    const std::string_view text = source.text();
    if (text.size() > longest_file)
        return fail(ErrorKind::scenario,
                    fmt::format("the file is larger than {} KiB", longest_file >> 10),
                    source.file(), "split it into several scenarios");

    std::size_t line_start = 0;
    bool in_indentation = true;
    std::optional<std::size_t> tab; // in this line's indentation
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const std::size_t length = character_length(text.substr(at));
        auto refuse = [&](std::size_t offset, std::string message, std::string hint) {
            return fail(source.error(source.place_at(offset), std::move(message), std::move(hint)));
        };
        if (length == 0)
            return refuse(at, fmt::format("byte 0x{:02x} is not UTF-8", byte),
                          "save the file as UTF-8");
        if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7f)
            return refuse(at, fmt::format("control character 0x{:02x}", byte),
                          "write it as an escape in double quotes, such as \"\\x1b\"");
        if (byte == '\n') {
            line_start = at + 1;
            in_indentation = true;
            tab.reset();
        } else if (in_indentation && byte == '\t') {
            if (!tab)
                tab = at;
        } else if (in_indentation && byte != ' ' && byte != '\r') {
            if (tab)
                return refuse(*tab, "tab in the indentation", "indent with spaces");
            in_indentation = false;
        }
        if (at >= line_start + longest_line)
            return refuse(line_start, fmt::format("line longer than {} bytes", longest_line),
                          "break it, or put the text in a block ('|')");
        at += length;
    }
    return {};
}

} // namespace vtpmlab::scenario
