#pragma once
// Who listens to a run. The runner calls from several threads but one call at a time, in the order
// things happened, so that a sink needs no lock. A sink never fails a run: what cannot be written
// is told at the end by whoever made the sink.

#include "report/result.h"

#include <cstddef>
#include <string>
#include <vector>

namespace vtpmlab::report {

// A case by its position in the plan.
using CaseIndex = std::size_t;

class ReportSink {
public:
    ReportSink() = default;
    ReportSink(const ReportSink&) = delete;
    ReportSink& operator=(const ReportSink&) = delete;
    virtual ~ReportSink() = default;

    virtual void run_started(const RunInfo&, TimePoint) {}
    virtual void case_started(CaseIndex, const CaseInfo&, TimePoint) {}
    // Work outside the steps ("bringing the cloud up") has number 0.
    virtual void step_started(CaseIndex, const StepInfo&, TimePoint) {}
    virtual void step_finished(CaseIndex, const StepResult&, TimePoint) {}
    virtual void case_finished(CaseIndex, const CaseResult&, TimePoint) {}
    // One line a person should see now ("interrupted: waiting for 2 cases to clean up").
    virtual void notice(const std::string&, TimePoint) {}
    // Comes several times a second while the run lasts.
    virtual void tick(TimePoint) {}
    virtual void run_finished(const RunSummary&, TimePoint) {}
};

// Hands everything on, in order.
class FanOut final : public ReportSink {
public:
    explicit FanOut(std::vector<ReportSink*> sinks) : sinks_(std::move(sinks)) {}

    void run_started(const RunInfo& info, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->run_started(info, at);
    }
    void case_started(CaseIndex index, const CaseInfo& info, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->case_started(index, info, at);
    }
    void step_started(CaseIndex index, const StepInfo& step, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->step_started(index, step, at);
    }
    void step_finished(CaseIndex index, const StepResult& step, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->step_finished(index, step, at);
    }
    void case_finished(CaseIndex index, const CaseResult& result, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->case_finished(index, result, at);
    }
    void notice(const std::string& text, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->notice(text, at);
    }
    void tick(TimePoint at) override {
        for (auto* sink : sinks_)
            sink->tick(at);
    }
    void run_finished(const RunSummary& summary, TimePoint at) override {
        for (auto* sink : sinks_)
            sink->run_finished(summary, at);
    }

private:
    std::vector<ReportSink*> sinks_;
};

} // namespace vtpmlab::report
