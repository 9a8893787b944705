#include "runner/runner.h"

#include "runner/case_runner.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace vtpmlab::runner {
namespace {

using report::CaseIndex;
using report::CaseResult;
using report::Outcome;
using report::ReportSink;
using report::TimePoint;
using std::chrono::steady_clock;

// How often the sink may show that time goes on.
constexpr std::chrono::milliseconds tick{100};

// One call at a time into the sink, whichever worker it comes from.
class OneAtATime final : public ReportSink {
public:
    explicit OneAtATime(ReportSink& inner) : inner_(inner) {}

    void run_started(const report::RunInfo& info, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.run_started(info, at);
    }
    void case_started(CaseIndex index, const report::CaseInfo& info, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.case_started(index, info, at);
    }
    void step_started(CaseIndex index, const report::StepInfo& step, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.step_started(index, step, at);
    }
    void step_finished(CaseIndex index, const report::StepResult& step, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.step_finished(index, step, at);
    }
    void case_finished(CaseIndex index, const CaseResult& result, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.case_finished(index, result, at);
    }
    void notice(const std::string& text, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.notice(text, at);
    }
    void tick(TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.tick(at);
    }
    void run_finished(const report::RunSummary& summary, TimePoint at) override {
        const std::lock_guard lock(mutex_);
        inner_.run_finished(summary, at);
    }

private:
    std::mutex mutex_;
    ReportSink& inner_;
};

report::CaseInfo case_info(const PlannedCase& planned, const std::filesystem::path& directory) {
    report::CaseInfo info;
    info.name = planned.name;
    info.file = planned.file->path.string();
    info.depth = planned.depth;
    info.labels = planned.scenario->labels;
    info.steps = planned.scenario->steps.size();
    info.artefacts = directory.string();
    info.reproduce = reproduce_command(planned);
    return info;
}

class Run {
public:
    Run(const Plan& plan, LabFactory& labs, const RunOptions& options, OutDirectory& out,
        const Interruption& interruption, ReportSink& sink)
        : plan_(plan), labs_(labs), options_(options), out_(out), interruption_(interruption),
          sink_(sink) {}

    report::RunSummary operator()() {
        const auto start = steady_clock::now();
        summary_.info.id = options_.run_id;
        summary_.info.started = options_.started;
        summary_.info.depth = plan_.cases.empty() ? Depth::guest : plan_.cases.front().depth;
        summary_.info.cases = plan_.cases.size();
        summary_.info.files = plan_.files;
        summary_.info.jobs = options_.jobs;
        summary_.info.out = out_.path().string();
        summary_.cases.resize(plan_.cases.size());
        // Before the first case starts, so that names do not depend on who is quicker.
        for (const auto& planned : plan_.cases)
            directories_.push_back(out_.reserve(planned.name));

        sink_.run_started(summary_.info, start);
        {
            std::vector<std::jthread> workers;
            running_ = std::min<std::size_t>(options_.jobs, plan_.cases.size());
            for (std::size_t i = 0; i < running_; ++i)
                workers.emplace_back([this] { work(); });
            watch();
        }
        const auto end = steady_clock::now();
        summary_.duration = std::chrono::duration_cast<report::Duration>(end - start);
        summary_.was_interrupted = interruption_.is_requested();
        sink_.run_finished(summary_, end);
        return std::move(summary_);
    }

private:
    void work() {
        for (;;) {
            const CaseIndex index = next_++;
            if (index >= plan_.cases.size())
                break;
            summary_.cases[index] = one(index);
        }
        {
            const std::lock_guard lock(mutex_);
            --running_;
        }
        finished_.notify_all();
    }

    CaseResult one(CaseIndex index) {
        const PlannedCase& planned = plan_.cases[index];
        CaseSettings settings;
        settings.index = index;
        settings.directory = out_.path() / directories_[index];
        settings.info = case_info(planned, settings.directory);
        settings.guest_directory = options_.guest_directory;
        settings.patience = options_.patience;

        CaseResult result;
        result.info = settings.info;
        if (!planned.skip_reason.empty()) {
            result.outcome = Outcome::skipped;
            result.skip_reason = planned.skip_reason;
            result.info.artefacts.clear();
            sink_.case_finished(index, result, steady_clock::now());
            return result;
        }
        if (interruption_.is_requested()) {
            // Not told one by one: a person who pressed Ctrl-C wants quiet. The summary counts it.
            result.outcome = Outcome::interrupted;
            result.info.artefacts.clear();
            return result;
        }
        sink_.case_started(index, settings.info, steady_clock::now());
        if (auto directory = out_.make(directories_[index]); !directory) {
            report::Failure failure;
            failure.error = std::move(directory).error();
            failure.step.title = "making the case's directory";
            result.outcome = Outcome::broken;
            result.failures.push_back(std::move(failure));
        } else {
            result = run_case(planned, settings, labs_, interruption_, sink_);
        }
        sink_.case_finished(index, result, steady_clock::now());
        return result;
    }

    // Ticks until the last worker is done; tells once for each Ctrl-C that it was heard.
    void watch() {
        using Urgency = Interruption::Urgency;
        Urgency told = Urgency::none;
        std::unique_lock lock(mutex_);
        while (running_ > 0) {
            finished_.wait_for(lock, tick, [this] { return running_ == 0; });
            lock.unlock();
            const auto now = steady_clock::now();
            if (const Urgency urgency = interruption_.urgency(); urgency != told) {
                told = urgency;
                sink_.notice(urgency == Urgency::orderly
                                 ? "interrupted: running cases clean up first; press Ctrl-C again "
                                   "to only take their clouds down"
                                 : "interrupted again: taking the clouds down",
                             now);
            }
            sink_.tick(now);
            lock.lock();
        }
    }

    const Plan& plan_;
    LabFactory& labs_;
    const RunOptions& options_;
    OutDirectory& out_;
    const Interruption& interruption_;
    OneAtATime sink_;
    report::RunSummary summary_;
    std::vector<std::string> directories_;
    std::atomic<CaseIndex> next_{0};
    std::mutex mutex_;
    std::condition_variable finished_;
    std::size_t running_ = 0; // workers
};

} // namespace

report::RunSummary run(const Plan& plan, LabFactory& labs, const RunOptions& options,
                       OutDirectory& out, const Interruption& interruption, ReportSink& sink) {
    return Run(plan, labs, options, out, interruption, sink)();
}

} // namespace vtpmlab::runner
