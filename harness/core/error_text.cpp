#include "core/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace vtpmlab {
namespace {

// "file:12:9" -> "12"; empty when `where` is no place in a text.
std::string line_number(const std::string& where) {
    const auto last = where.rfind(':');
    if (last == std::string::npos || last == 0)
        return {};
    const auto before = where.rfind(':', last - 1);
    if (before == std::string::npos)
        return {};
    const std::string number = where.substr(before + 1, last - before - 1);
    const bool digits = !number.empty() && std::all_of(number.begin(), number.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
    return digits ? number : std::string{};
}

} // namespace

std::string error_text(const Error& error) {
    std::string text;
    const bool in_a_file = error.kind == ErrorKind::scenario && !error.where.empty();
    if (in_a_file) {
        text += fmt::format("{}: {}\n", error.where, error.message);
    } else {
        text += fmt::format("error: {}\n", error.message);
        if (!error.where.empty())
            text += fmt::format("  where: {}\n", error.where);
    }
    if (!error.line.empty()) {
        const std::string number = line_number(error.where);
        text += fmt::format("{:>5} | {}\n", number, error.line);
        if (error.column > 0) {
            // Tabs are kept, so that the caret stands below its column in any terminal.
            std::string pad;
            for (int i = 0; i + 1 < error.column; ++i)
                pad += static_cast<std::size_t>(i) < error.line.size() &&
                               error.line[static_cast<std::size_t>(i)] == '\t'
                           ? '\t'
                           : ' ';
            text += fmt::format("{:>5} | {}^\n", "", pad);
        }
    }
    for (const auto& cause : error.causes)
        text += fmt::format("  cause: {}\n", cause);
    if (!error.hint.empty())
        text += fmt::format("  hint: {}\n", error.hint);
    return text;
}

} // namespace vtpmlab
