#include "scenario/source_text.h"

#include <algorithm>
#include <utility>

namespace vtpmlab::scenario {
namespace {

constexpr std::size_t widest = 160; // characters of a line that are shown

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t characters(std::string_view bytes) {
    return static_cast<std::size_t>(
        std::count_if(bytes.begin(), bytes.end(), [](char c) { return !continues(c); }));
}

// The byte where character number `count` (from 0) begins.
std::size_t byte_of(std::string_view bytes, std::size_t count) {
    std::size_t at = 0;
    for (; at < bytes.size(); ++at)
        if (!continues(bytes[at]) && count-- == 0)
            break;
    return at;
}

} // namespace

SourceText::SourceText(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), starts_{0} {
    if (text_.compare(0, 3, "\xef\xbb\xbf") == 0)
        text_.erase(0, 3);
    for (std::size_t at = 0; at < text_.size(); ++at)
        if (text_[at] == '\n')
            starts_.push_back(at + 1);
}

std::string_view SourceText::line(int number) const {
    if (number < 1 || static_cast<std::size_t>(number) > starts_.size())
        return {};
    const std::size_t from = starts_[static_cast<std::size_t>(number) - 1];
    std::string_view all = std::string_view(text_).substr(from);
    all = all.substr(0, all.find('\n'));
    if (!all.empty() && all.back() == '\r')
        all.remove_suffix(1);
    return all;
}

Place SourceText::place_at(std::size_t offset) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto row = static_cast<std::size_t>(next - starts_.begin()) - 1;
    return place_in_line(static_cast<int>(row), static_cast<int>(offset - starts_[row]));
}

Place SourceText::place_in_line(int line_from_zero, int byte) const {
    const std::string_view all = line(line_from_zero + 1);
    const auto in_line = std::min(all.size(), static_cast<std::size_t>(std::max(byte, 0)));
    return {file_, line_from_zero + 1, static_cast<int>(characters(all.substr(0, in_line))) + 1};
}

std::size_t SourceText::offset_of(int line_from_zero, int byte) const {
    const auto row = static_cast<std::size_t>(std::max(line_from_zero, 0));
    const std::size_t start = row < starts_.size() ? starts_[row] : text_.size();
    return std::min(start + static_cast<std::size_t>(std::max(byte, 0)), text_.size());
}

Place SourceText::find_from(const Place& from, std::string_view token) const {
    const std::string_view all = line(from.line);
    const std::size_t start = byte_of(all, static_cast<std::size_t>(std::max(from.column, 1)) - 1);
    const std::size_t found = all.find(token, start);
    if (from.file != file_ || found == std::string_view::npos)
        return from;
    return place_in_line(from.line - 1, static_cast<int>(found));
}

Error SourceText::error(const Place& place, std::string message, std::string hint) const {
    Error error;
    error.kind = ErrorKind::scenario;
    error.message = std::move(message);
    error.where = place.text();
    error.hint = std::move(hint);
    if (place.file != file_ || place.line == 0)
        return error;

    // A window of the line that has the caret in it; the rest is only hinted at.
    std::string_view all = line(place.line);
    auto caret = static_cast<std::size_t>(std::max(place.column, 1)) - 1;
    const std::size_t length = characters(all);
    std::size_t first = 0;
    if (length > widest && caret > widest / 2)
        first = std::min(caret - widest / 2, length - widest);
    std::string_view shown = all.substr(byte_of(all, first));
    shown = shown.substr(0, byte_of(shown, widest));
    if (first > 0) {
        error.line = "…";
        caret = caret - first + 1;
    }
    for (char c : shown)
        error.line += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
    if (first + widest < length)
        error.line += "…";
    error.column = static_cast<int>(caret) + 1;
    return error;
}

} // namespace vtpmlab::scenario
