#include "report/terminal_sink.h"

#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace vtpmlab::report {
namespace {

// Left of the name: depth, outcome, time. Fixed, so that names stand below each other whatever
// their length.
constexpr std::size_t head_width = 32;

std::string head(Depth depth, std::string_view outcome, std::string_view time) {
    return fmt::format("{}  {:<11}  {:>10}  ", to_string(depth), outcome, time);
}

// What failed is loud, what passed is not.
std::string word(Outcome outcome) {
    std::string text{to_string(outcome)};
    if (outcome == Outcome::failed || outcome == Outcome::broken)
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    return text;
}

std::string_view escape_for(Outcome outcome) {
    switch (outcome) {
    case Outcome::passed:
        return "\x1b[32m";
    case Outcome::failed:
    case Outcome::broken:
        return "\x1b[1;31m";
    case Outcome::skipped:
    case Outcome::interrupted:
        return "\x1b[33m";
    }
    return "";
}

std::string below(const std::string& text) { return std::string(head_width, ' ') + text + "\n"; }

// Whoever pressed Ctrl-C knows why a case did not end; what it left behind is another matter.
bool has_something_to_tell(const CaseResult& result) {
    return std::any_of(result.failures.begin(), result.failures.end(), [](const Failure& failure) {
        return failure.error.kind != ErrorKind::interrupted;
    });
}

} // namespace

std::string TerminalSink::coloured(std::string_view text, Outcome outcome) const {
    if (terminal_.colour() == Colour::off)
        return std::string(text);
    return fmt::format("{}{}\x1b[0m", escape_for(outcome), text);
}

void TerminalSink::run_started(const RunInfo& info, TimePoint at) {
    print(fmt::format("{}  {} case{} of {} file{}, {} at a time, artefacts in {}\n",
                      to_string(info.depth), info.cases, info.cases == 1 ? "" : "s", info.files,
                      info.files == 1 ? "" : "s", info.jobs, info.out),
          at);
}

void TerminalSink::case_started(CaseIndex index, const CaseInfo& info, TimePoint at) {
    running_[index] = Running{info, {}, at};
    tick(at);
}

void TerminalSink::step_started(CaseIndex index, const StepInfo& step, TimePoint) {
    // Painted with the next tick: a hundred quick steps a second must not flicker.
    if (const auto found = running_.find(index); found != running_.end())
        found->second.step = step;
}

void TerminalSink::case_finished(CaseIndex index, const CaseResult& result, TimePoint at) {
    running_.erase(index);
    const std::string outcome = fmt::format("{:<11}", word(result.outcome));
    const std::string line = head(result.info.depth, outcome, duration_text(result.duration));
    std::string text = line;
    text.replace(text.find(outcome), outcome.size(), coloured(outcome, result.outcome));
    text += safe_text(result.info.name) + "\n";
    for (const auto& failure : result.failures)
        text += below(failure_headline(failure));
    if (result.outcome == Outcome::skipped)
        text += below(safe_text(result.skip_reason));
    for (const auto& warning : result.warnings)
        text += below("warning: " + safe_text(warning));
    print(text, at);
}

void TerminalSink::notice(const std::string& text, TimePoint at) {
    print(safe_text(text) + "\n", at);
}

std::string TerminalSink::live_line(const Running& running, TimePoint at, std::size_t width) const {
    const auto elapsed = std::chrono::duration_cast<Duration>(at - running.since);
    const std::string left = head(running.info.depth, "running", elapsed_text(elapsed));
    std::string step = running.step.title;
    if (running.step.number > 0)
        step = fmt::format("{}/{} {}", running.step.number, running.info.steps, step);
    // The step is what moves, so it keeps its place; a long name gives way, down to a third.
    const std::size_t room = width > head_width ? width - head_width : 0;
    step = fit(safe_text(step), room * 2 / 3);
    const std::size_t taken = step.empty() ? 0 : text_width(step) + 2;
    const std::string name = fit(safe_text(running.info.name), room > taken ? room - taken : 0);
    return fit(left + name + (step.empty() ? "" : "  " + step), width);
}

std::vector<std::string> TerminalSink::live_lines(TimePoint at) const {
    // One column and one row stay free: a line that fills its row would wrap on some terminals.
    const std::size_t width = std::max<std::size_t>(terminal_.width(), 2) - 1;
    const std::size_t room = std::max<std::size_t>(terminal_.height(), 3) - 2;
    std::vector<std::string> lines;
    for (const auto& [index, running] : running_) {
        if (lines.size() + 1 == room && running_.size() > room) {
            lines.push_back(fit(fmt::format("{}  and {} more", to_string(running.info.depth),
                                            running_.size() - lines.size()),
                                width));
            break;
        }
        lines.push_back(live_line(running, at, width));
    }
    return lines;
}

std::string TerminalSink::erase_painted() const {
    // A window made narrower since has wrapped what stands in it.
    const std::size_t width = terminal_.width();
    std::size_t rows = 0;
    for (const auto& line : painted_)
        rows += std::max<std::size_t>(1, (text_width(line) + width - 1) / width);
    return rows == 0 ? std::string{} : fmt::format("\r\x1b[{}A\x1b[J", rows);
}

void TerminalSink::print(const std::string& text, TimePoint at) {
    if (!terminal_.is_interactive()) {
        terminal_.write(text);
        return;
    }
    // One write, so that nobody sees the gap between erasing and painting.
    std::string output = erase_painted() + text;
    painted_ = live_lines(at);
    for (const auto& line : painted_)
        output += line + "\n";
    terminal_.write(output);
}

void TerminalSink::tick(TimePoint at) {
    if (terminal_.is_interactive() && live_lines(at) != painted_)
        print("", at);
}

void TerminalSink::run_finished(const RunSummary& summary, TimePoint at) {
    running_.clear();
    std::string text;
    for (const auto& result : summary.cases) {
        if (!has_something_to_tell(result))
            continue;
        text += fmt::format("\n{}  {}  {}\n", to_string(result.info.depth),
                            coloured(word(result.outcome), result.outcome),
                            safe_text(result.info.name));
        for (const auto& failure : result.failures)
            text += failure_text(failure);
        if (!result.lab.empty())
            text += fmt::format("  lab: {}\n", safe_text(result.lab));
        if (!result.info.artefacts.empty())
            text += fmt::format("  artefacts: {}\n", result.info.artefacts);
        if (!result.info.reproduce.empty())
            text += fmt::format("  again: {}\n", result.info.reproduce);
    }
    text += "\n";
    for (const auto& line : summary_lines(summary))
        text += line + "\n";
    print(text, at);
}

} // namespace vtpmlab::report
