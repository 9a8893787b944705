#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace vtpmlab::report {
namespace {

// Length in bytes of the UTF-8 sequence that begins at `at`, or 0 where there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    const std::size_t length = first < 0x80             ? 1
                               : (first & 0xe0) == 0xc0 ? 2
                               : (first & 0xf0) == 0xe0 ? 3
                               : (first & 0xf8) == 0xf0 ? 4
                                                        : 0;
    if (length == 0 || at + length > text.size())
        return 0;
    std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80)
            return 0;
        point = (point << 6) | (byte(at + i) & 0x3fu);
    }
    // Overlong forms, surrogates, C1 controls and what XML forbids are as good as garbage.
    static constexpr std::uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
    if (point < least[length] || (point >= 0xd800 && point <= 0xdfff) || point == 0xfffe ||
        point == 0xffff || point > 0x10ffff)
        return 0;
    return length;
}

std::string caret_lines(const StepInfo& step) {
    if (step.line.empty())
        return {};
    std::string text = fmt::format("  {:>5} | {}\n", step.place.line, safe_text(step.line));
    if (step.place.column <= 0)
        return text;
    std::string pad;
    for (int i = 0; i + 1 < step.place.column; ++i) {
        const auto at = static_cast<std::size_t>(i);
        pad += at < step.line.size() && step.line[at] == '\t' ? '\t' : ' ';
    }
    return text + fmt::format("  {:>5} | {}^\n", "", pad);
}

std::string difference_lines(const std::vector<Difference>& differences) {
    std::string text;
    for (const auto& difference : differences) {
        std::string path = difference.path.empty() ? "the answer" : difference.path;
        if (difference.place.line > 0)
            path += fmt::format(" ({}:{})", difference.place.line, difference.place.column);
        text += fmt::format("    {}\n", safe_text(path));
        text += fmt::format("      expected: {}\n", safe_text(difference.expected));
        text += fmt::format("      actual:   {}\n", safe_text(difference.actual));
    }
    return text;
}

std::string plural(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

} // namespace

std::string duration_text(Duration duration) {
    const auto ms = duration.count();
    if (ms < 1000)
        return fmt::format("{} ms", ms);
    if (ms < 99'950)
        return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0);
    return elapsed_text(duration);
}

std::string elapsed_text(Duration duration) {
    const auto seconds = duration.count() / 1000;
    if (seconds < 100)
        return fmt::format("{} s", seconds);
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
}

std::string safe_text(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t length = utf8_length(text, i);
        const bool control = length == 1 && (c < 0x20 || c == 0x7f) && c != '\n' && c != '\t';
        if (length == 0 || control) {
            safe += fmt::format("\\x{:02x}", c);
            ++i;
        } else {
            safe.append(text, i, length);
            i += length;
        }
    }
    return safe;
}

std::size_t text_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string fit(std::string_view text, std::size_t width) {
    if (text_width(text) <= width)
        return std::string(text);
    if (width == 0)
        return {};
    std::string cut;
    std::size_t columns = 0;
    for (char c : text) {
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 && ++columns == width)
            break;
        cut += c;
    }
    return cut + "…";
}

std::string failure_headline(const Failure& failure) {
    std::string text;
    if (failure.step.number > 0)
        text = fmt::format("step {}, {}: ", failure.step.number, failure.step.title);
    else if (!failure.step.title.empty())
        text = fmt::format("{}: ", failure.step.title);
    text += failure.error.message;
    std::replace(text.begin(), text.end(), '\n', ' ');
    return safe_text(text);
}

std::string failure_text(const Failure& failure) {
    std::string text;
    if (failure.step.place.line > 0) {
        text += fmt::format("  {}: {}\n", failure.step.place.text(), failure_headline(failure));
        text += caret_lines(failure.step);
    } else {
        text += fmt::format("  {}\n", failure_headline(failure));
    }
    text += difference_lines(failure.differences);
    if (!failure.error.where.empty() && failure.error.where != failure.step.place.text())
        text += fmt::format("    where: {}\n", safe_text(failure.error.where));
    for (const auto& cause : failure.error.causes)
        text += fmt::format("    cause: {}\n", safe_text(cause));
    if (!failure.error.hint.empty())
        text += fmt::format("    hint: {}\n", safe_text(failure.error.hint));
    for (const auto& console : failure.consoles) {
        if (console.lines.empty()) {
            text += fmt::format("  console of {} is empty ({})\n", console.server, console.file);
            continue;
        }
        text += fmt::format("  console of {}, last {} ({})\n", console.server,
                            plural(console.lines.size(), "line"), console.file);
        for (const auto& line : console.lines)
            text += fmt::format("    | {}\n", safe_text(line));
    }
    return text;
}

std::vector<std::string> summary_lines(const RunSummary& summary) {
    const std::string depth{to_string(summary.info.depth)};
    std::string counts;
    for (auto outcome : {Outcome::passed, Outcome::failed, Outcome::broken, Outcome::skipped,
                         Outcome::interrupted}) {
        const std::size_t count = summary.count(outcome);
        if (count == 0 && !(outcome == Outcome::passed || outcome == Outcome::failed))
            continue;
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, to_string(outcome));
    }
    std::vector<std::string> lines;
    lines.push_back(fmt::format("{}  {}, of {} in {}", depth, counts,
                                plural(summary.cases.size(), "case"),
                                duration_text(summary.duration)));
    for (const auto& [reason, count] : summary.skips())
        lines.push_back(fmt::format("{}  skipped {}: {}", depth, count, safe_text(reason)));
    if (summary.info.depth == Depth::model)
        lines.push_back("model  no guest was booted: nothing here is evidence from a guest");
    if (!summary.info.out.empty())
        lines.push_back(fmt::format("{}  artefacts in {}", depth, summary.info.out));
    return lines;
}

} // namespace vtpmlab::report
