#include "runner/case_runner.h"

#include "core/text.h"
#include "runner/case_context.h"
#include "runner/failure_context.h"
#include "runner/faults.h"
#include "runner/seen.h"
#include "runner/servers.h"
#include "runner/step_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using report::CaseResult;
using report::Duration;
using report::Failure;
using report::Finding;
using report::Outcome;
using report::StepInfo;
using report::StepResult;
using std::chrono::steady_clock;

Duration since(report::TimePoint start) {
    return std::chrono::duration_cast<Duration>(steady_clock::now() - start);
}

std::string source_line(const scenario::ScenarioFile& file, const Place& place) {
    return file.source ? file.source->error(place, {}).line : std::string{};
}

// Runs one case; the members are what its stages share.
class CaseRun {
public:
    CaseRun(const PlannedCase& planned, const CaseSettings& settings, LabFactory& labs,
            const Interruption& interruption, report::ReportSink& sink)
        : planned_(planned), settings_(settings), labs_(labs), interruption_(interruption),
          sink_(sink) {
        result_.info = settings.info;
    }

    CaseResult run() {
        const auto start = steady_clock::now();
        stage("bringing the cloud up", [&] { bring_up(); });
        if (context_) {
            if (inject_faults())
                run_steps();
            clear_faults();
            finish();
            stage("taking the cloud down", [&] {
                context_.reset();
                lab_.reset();
            });
        }
        result_.duration = since(start);
        return std::move(result_);
    }

private:
    // Work outside the steps, under a name; nothing that is thrown in it leaves it.
    template <typename Work>
    void stage(const char* title, Work work) {
        StepInfo info;
        info.title = title;
        sink_.step_started(settings_.index, info, steady_clock::now());
        if (auto thrown = caught(work))
            add_failure(std::move(info), StepFailure(std::move(*thrown)));
    }

    // The work's exception as an error of the lab; a third-party library threw it.
    template <typename Work>
    static std::optional<Error> caught(Work work) {
        Error error;
        try {
            work();
            return std::nullopt;
        } catch (const std::exception& exception) {
            error.message = fmt::format("unexpected exception: {}", printable(exception.what()));
        } catch (...) {
            error.message = "unexpected exception of a foreign type";
        }
        error.hint = "this is a fault of vtpmlab: please report it with the artefacts of the case";
        return error;
    }

    void bring_up() {
        auto lab = labs_.create(planned_.scenario->cloud, planned_.depth);
        if (!lab) {
            StepInfo info;
            info.title = "bringing the cloud up";
            add_failure(std::move(info), StepFailure(std::move(lab).error()));
            return;
        }
        lab_ = std::move(*lab);
        result_.lab = lab_->description();
        context_.emplace(*lab_, settings_.directory, settings_.guest_directory, interruption_);
    }

    // Those of the heading. Whether all are in force.
    bool inject_faults() {
        for (const auto& fault : planned_.scenario->faults) {
            auto added = lab_->add_fault(fault.rule);
            if (added)
                continue;
            Error error = planned_.file->source
                              ? planned_.file->source->error(fault.place, added.error().message,
                                                             added.error().hint)
                              : added.error();
            error.kind = added.error().kind;
            StepInfo info;
            info.title = "injecting the faults";
            add_failure(std::move(info), StepFailure(std::move(error)));
            return false;
        }
        return true;
    }

    // What is still in force must have acted, and does not disturb the deletion.
    void clear_faults() {
        if (result_.outcome == Outcome::passed)
            if (auto acted = faults_that_acted(*lab_); !acted) {
                StepInfo info;
                info.title = "after the steps";
                add_failure(std::move(info), std::move(acted).error());
            }
        if (auto cleared = lab_->clear_faults(); !cleared)
            context_->warn("faults are still in force: " + cleared.error().message);
    }

    void run_steps() {
        const auto case_deadline = steady_clock::now() + planned_.scenario->timeout;
        StepRunner runner(*context_);
        std::size_t number = 0;
        for (const auto& step : planned_.scenario->steps) {
            StepInfo info{++number, step_title(step), step.verb, step.place,
                          source_line(*planned_.file, step.place)};
            if (interruption_.is_requested()) {
                Error error;
                error.kind = ErrorKind::interrupted;
                error.message = "interrupted before this step";
                add_failure(std::move(info), StepFailure(std::move(error)));
                return;
            }
            if (!run_step(runner, step, info, case_deadline))
                return;
        }
    }

    // Whether the case can go on.
    bool run_step(StepRunner& runner, const scenario::Step& step, const StepInfo& info,
                  Deadline case_deadline) {
        const auto start = steady_clock::now();
        sink_.step_started(settings_.index, info, start);
        StepResult step_result;
        step_result.step = info;
        VerbResult outcome = json::object();
        if (auto thrown =
                caught([&] { outcome = runner.run(step, case_deadline, step_result.notes); }))
            outcome = tl::unexpected(StepFailure(std::move(*thrown)));
        step_result.duration = since(start);
        if (!outcome) {
            outcome = tl::unexpected(with_the_labs_troubles(std::move(outcome).error()));
            step_result.outcome = outcome_of(outcome.error().error);
        }
        if (outcome)
            step_result.seen = seen_text(*outcome);
        sink_.step_finished(settings_.index, step_result, steady_clock::now());
        result_.steps.push_back(std::move(step_result));
        if (outcome)
            return true;
        StepFailure failure = std::move(outcome).error();
        if (failure.error.kind == ErrorKind::product && steady_clock::now() >= case_deadline) {
            failure.finding = Finding::timed_out;
            failure.error.causes.push_back(
                fmt::format("the case's time of {} s is over", planned_.scenario->timeout.count()));
        }
        add_failure(info, std::move(failure));
        return false;
    }

    // After the last step, or the one that failed.
    void finish() {
        const bool hurried = interruption_.urgency() == Interruption::Urgency::hurried;
        for (auto& failure : result_.failures)
            add_consoles(failure);
        result_.warnings = context_->warnings();
        if (hurried)
            return;
        stage("keeping the artefacts", [&] {
            for (const auto& server : context_->servers())
                if (!server.is_deleted)
                    context_->keep_evidence_of(server.id);
            if (result_.failures.empty())
                return; // they are kept once, at the end
            keep_artefacts();
            for (auto& failure : result_.failures)
                add_compute_warnings(failure);
        });
        stage("deleting what is left", [&] { tidy(); });
        // Again, for the journal and the logs of the deletion.
        stage("keeping the artefacts", [&] { keep_artefacts(); });
        result_.warnings = context_->warnings();
    }

    // Told once, whatever else cannot be kept after that.
    void keep_artefacts() {
        Status kept = context_->lab().collect_artefacts(settings_.directory);
        if (!context_->kept())
            kept = context_->kept();
        if (!kept && !std::exchange(is_incomplete_, true))
            add_outside("keeping the artefacts", std::move(kept).error(), Finding::none);
    }

    void tidy() {
        context_->begin_waiting();
        const auto deleted =
            delete_all_servers(*context_, steady_clock::now() + settings_.patience.tidying);
        if (!deleted && deleted.error().kind != ErrorKind::interrupted)
            add_outside("deleting what is left", deleted.error(), Finding::leftover);
        context_->begin_waiting();
        const auto nothing =
            expect_nothing_left(*context_, steady_clock::now() + settings_.patience.settling);
        if (!nothing)
            add_outside("after the case", nothing.error(), Finding::leftover);
    }

    void add_outside(const char* title, Error error, Finding finding) {
        StepInfo info;
        info.title = title;
        StepFailure failure(std::move(error));
        if (failure.error.kind == ErrorKind::product)
            failure.finding = finding;
        add_failure(std::move(info), with_the_labs_troubles(std::move(failure)));
    }

    [[nodiscard]] StepFailure with_the_labs_troubles(StepFailure failure) const {
        return lab_ ? blame_the_lab(std::move(failure), lab_->troubles()) : std::move(failure);
    }

    void add_failure(StepInfo info, StepFailure what) {
        const Outcome outcome = outcome_of(what.error);
        // A proven failure stays one whatever goes wrong while cleaning up; and a lab that broke
        // says nothing about the product, even if something was left.
        const bool first = result_.failures.empty() && result_.outcome == Outcome::passed;
        if (first || (result_.outcome == Outcome::interrupted && outcome == Outcome::failed))
            result_.outcome = outcome;
        if (outcome == Outcome::skipped) {
            if (result_.skip_reason.empty())
                result_.skip_reason = what.error.message;
            return;
        }
        Failure failure;
        failure.finding = what.finding;
        failure.error = std::move(what.error);
        failure.step = std::move(info);
        failure.differences = std::move(what.differences);
        result_.failures.push_back(std::move(failure));
    }

    void add_compute_warnings(Failure& failure) const {
        if (failure.step.number == 0 || failure.error.kind == ErrorKind::interrupted)
            return;
        auto warnings = last_warnings(settings_.directory / "compute.log");
        std::move(warnings.begin(), warnings.end(), std::back_inserter(failure.error.causes));
    }

    static Outcome outcome_of(const Error& error) { return report::outcome_for(error.kind); }

    void add_consoles(Failure& failure) {
        if (planned_.depth != Depth::guest || failure.error.kind == ErrorKind::interrupted)
            return;
        for (const auto& server : context_->servers()) {
            if (server.is_deleted)
                continue;
            const auto ports = lab_->guest_ports(server.id);
            if (!ports || ports->console_log.empty())
                continue;
            report::Console console{server.name,
                                    context_->evidence_file("console", server.id, "log").string(),
                                    last_console_lines(ports->console_log)};
            failure.consoles.push_back(std::move(console));
        }
    }

    const PlannedCase& planned_;
    const CaseSettings& settings_;
    LabFactory& labs_;
    const Interruption& interruption_;
    report::ReportSink& sink_;
    CaseResult result_;
    std::unique_ptr<Lab> lab_;
    std::optional<CaseContext> context_;
    bool is_incomplete_ = false; // some artefact is missing, and it has been said
};

} // namespace

CaseResult run_case(const PlannedCase& planned, const CaseSettings& settings, LabFactory& labs,
                    const Interruption& interruption, report::ReportSink& sink) {
    return CaseRun(planned, settings, labs, interruption, sink).run();
}

} // namespace vtpmlab::runner
