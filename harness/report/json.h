#pragma once
// A run for machines: results.json at its end, and events.jsonl while it lasts, one object a line,
// written at once, so that a run that was killed still says how far it came. Field names are part
// of the contract with readers; `format` counts their changes.

#include "report/sink.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <string>

namespace vtpmlab::report {

[[nodiscard]] std::string results_json(const RunSummary& summary);

class EventLog final : public ReportSink {
public:
    [[nodiscard]] static Result<std::unique_ptr<EventLog>>
    create(const std::filesystem::path& path);
    ~EventLog() override;

    void run_started(const RunInfo& info, TimePoint at) override;
    void case_started(CaseIndex index, const CaseInfo& info, TimePoint at) override;
    void step_started(CaseIndex index, const StepInfo& step, TimePoint at) override;
    void step_finished(CaseIndex index, const StepResult& step, TimePoint at) override;
    void case_finished(CaseIndex index, const CaseResult& result, TimePoint at) override;
    void notice(const std::string& text, TimePoint at) override;
    void run_finished(const RunSummary& summary, TimePoint at) override;

    // An error when a line could not be written: a full disk, most likely.
    [[nodiscard]] Status status() const;

private:
    struct File;
    explicit EventLog(std::unique_ptr<File> file);
    std::unique_ptr<File> file_;
};

} // namespace vtpmlab::report
