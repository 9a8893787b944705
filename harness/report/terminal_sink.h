#pragma once
// What a person sees of a run. On a terminal: one live line a running case, with its step and the
// elapsed time, below the lines of the cases that are done. In a pipe: one line a finished case.
// Both end with the failures in full and the summary. The depth stands on every line.

#include "report/sink.h"
#include "report/terminal.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace vtpmlab::report {

class TerminalSink final : public ReportSink {
public:
    explicit TerminalSink(Terminal& terminal) : terminal_(terminal) {}

    void run_started(const RunInfo& info, TimePoint at) override;
    void case_started(CaseIndex index, const CaseInfo& info, TimePoint at) override;
    void step_started(CaseIndex index, const StepInfo& step, TimePoint at) override;
    void case_finished(CaseIndex index, const CaseResult& result, TimePoint at) override;
    void notice(const std::string& text, TimePoint at) override;
    void tick(TimePoint at) override;
    void run_finished(const RunSummary& summary, TimePoint at) override;

private:
    struct Running {
        CaseInfo info;
        StepInfo step;
        TimePoint since;
    };

    // Puts `text` above the live lines, for good.
    void print(const std::string& text, TimePoint at);
    [[nodiscard]] std::vector<std::string> live_lines(TimePoint at) const;
    [[nodiscard]] std::string live_line(const Running& running, TimePoint at,
                                        std::size_t width) const;
    [[nodiscard]] std::string coloured(std::string_view text, Outcome outcome) const;
    [[nodiscard]] std::string erase_painted() const;

    Terminal& terminal_;
    std::map<CaseIndex, Running> running_;
    std::vector<std::string> painted_;
};

} // namespace vtpmlab::report
