#pragma once
// Runs cases, given as the text of a scenario file, in a lab that misbehaves.

#include "core/files.h"
#include "report/text.h"
#include "runner/runner.h"
#include "scenario/load.h"
#include "support/mischievous_lab.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace vtpmlab::runner {

using report::RunSummary;
using support::Mischief;

// Three steps that make flavor, image and server.
inline constexpr const char* head = R"(scenario: a test
depths: [guest, model]
timeout: 20s
steps:
  - flavor-create: {name: small, ram: 128, vcpus: 1, disk: 0, properties: {"hw:tpm_version": "2.0"}}
    by: admin
    as: flavor
  - image-create: {name: micro, from: micro}
    as: image
  - server-create: {name: s1, flavor: "${{ flavor.id }}", image: "${{ image.id }}"}
    as: s1
)";

inline constexpr const char* whole = R"(  - expect-server: {server: "${{ s1.id }}", status: ACTIVE}
  - expect-tpm: {server: "${{ s1.id }}", version: "2.0", model: tpm-tis}
  - server-delete: {server: "${{ s1.id }}"}
  - expect-nothing-left: {timeout: 1s}
)";

// Ends a test's wait for a case that would wait much longer.
class InterruptsAt final : public report::ReportSink {
public:
    InterruptsAt(Interruption& interruption, std::string step)
        : interruption_(interruption), step_(std::move(step)) {}
    void step_started(report::CaseIndex, const report::StepInfo& step, report::TimePoint) override {
        if (step.verb == step_)
            interruption_.request();
    }

private:
    Interruption& interruption_;
    std::string step_;
};

class Runner : public testing::Test {
protected:
    void SetUp() override {
        auto created = TemporaryDirectory::create("vtpmlab-test");
        ASSERT_TRUE(created);
        directory_.emplace(std::move(*created));
    }

    std::filesystem::path out() const { return directory_->path() / "out"; }

    RunSummary run(const std::string& steps, const Mischief& mischief = {}, unsigned jobs = 1,
                   report::ReportSink* sink = nullptr) {
        return run_text(std::string(head) + steps, mischief, jobs, sink);
    }

    RunSummary run_text(const std::string& text, const Mischief& mischief, unsigned jobs = 1,
                        report::ReportSink* sink = nullptr) {
        auto file = scenario::check_text("test.yaml", text);
        if (!file) {
            ADD_FAILURE() << file.error().front().message << " at " << file.error().front().where;
            return {};
        }
        auto plan = make_plan({std::make_shared<const scenario::ScenarioFile>(std::move(*file))},
                              Selection{Depth::model, {}, {}});
        auto claimed = OutDirectory::claim(out());
        if (!plan || !claimed) {
            ADD_FAILURE() << "no plan or no directory";
            return {};
        }
        support::MischievousLabs labs(mischief);
        RunOptions options;
        options.jobs = jobs;
        options.run_id = "r1";
        options.patience = {std::chrono::seconds{5}, std::chrono::milliseconds{50}};
        report::ReportSink quiet;
        auto summary = runner::run(*plan, labs, options, *claimed, interruption_,
                                   sink != nullptr ? *sink : quiet);
        EXPECT_EQ(labs.alive(), 0);
        return summary;
    }

    static std::string headline(const RunSummary& summary) {
        const auto& failures = summary.cases.at(0).failures;
        return failures.empty() ? "no failure" : report::failure_headline(failures.front());
    }

    std::optional<TemporaryDirectory> directory_;
    Interruption interruption_;
};

} // namespace vtpmlab::runner
