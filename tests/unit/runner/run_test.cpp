// Whole cases in a lab that misbehaves: every outcome, and what a case leaves.

#include "core/files.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/text.h"
#include "runner/runner.h"
#include "runner/verb.h"
#include "scenario/load.h"
#include "scenario/verbs.h"
#include "support/mischievous_lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace vtpmlab::runner {
namespace {

namespace fs = std::filesystem;
using report::CaseResult;
using report::Finding;
using report::Outcome;
using report::RunSummary;
using support::Mischief;
using support::MischievousLabs;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* head = R"(scenario: a test
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

constexpr const char* whole = R"(  - expect-server: {server: "${{ s1.id }}", status: ACTIVE}
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

    fs::path out() const { return directory_->path() / "out"; }

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
        MischievousLabs labs(mischief);
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

TEST(Verbs, AreTheOnesScenariosMayUse) {
    std::vector<std::string_view> known;
    for (const auto& verb : scenario::verbs())
        known.push_back(verb.name);
    EXPECT_THAT(verb_names(), testing::UnorderedElementsAreArray(known));
}

TEST_F(Runner, PassesACaseThatDoesWhatItShould) {
    const RunSummary summary = run(whole);
    EXPECT_EQ(headline(summary), "no failure");
    const CaseResult& result = summary.cases.at(0);
    EXPECT_EQ(result.outcome, Outcome::passed);
    EXPECT_EQ(summary.exit_code(), ExitCode::all_passed);
    ASSERT_EQ(result.steps.size(), 7U);
    EXPECT_EQ(result.steps[2].step.title, "server-create s1");
    EXPECT_EQ(result.steps[4].step.title, "expect-tpm s1");
    EXPECT_EQ(result.steps[4].step.place.text(), "test.yaml:13:5");
    EXPECT_EQ(result.lab, "a mischievous lab");
}

TEST_F(Runner, NeverSellsADomainXmlAsEvidence) {
    const RunSummary summary = run(whole);
    EXPECT_THAT(summary.cases.at(0).steps.at(4).notes,
                ElementsAre("model: the domain XML asks for 2.0 tpm-tis; no guest was asked"));
    EXPECT_THAT(summary.cases.at(0).steps.at(1).notes,
                ElementsAre("model: placeholder bytes in place of kernel, ramdisk and disk"));
}

TEST_F(Runner, KeepsTheDomainOfADeletedServer) {
    run(whole);
    EXPECT_TRUE(fs::exists(out() / "test/domain-s1.xml"));
    EXPECT_TRUE(fs::exists(out() / "test/journal.jsonl"));
}

TEST_F(Runner, ShowsWhatDiffersAndWhere) {
    Mischief mischief;
    mischief.domain_model = "tpm-crb";
    const RunSummary summary = run(whole, mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::product_failed);
    const auto& failure = summary.cases.at(0).failures.at(0);
    EXPECT_EQ(failure.finding, Finding::wrong_tpm);
    EXPECT_EQ(report::failure_text(failure),
              "  test.yaml:13:5: step 5, expect-tpm s1: the domain XML of server s1 has another "
              "TPM\n"
              "     13 |   - expect-tpm: {server: \"${{ s1.id }}\", version: \"2.0\", model: "
              "tpm-tis}\n"
              "        |     ^\n"
              "    /model (13:65)\n"
              "      expected: \"tpm-tis\"\n"
              "      actual:   \"tpm-crb\"\n");
}

TEST_F(Runner, DeletesWhatAFailedCaseLeft) {
    Mischief mischief;
    mischief.domain_model = "tpm-crb";
    const RunSummary summary = run(whole, mischief);
    // One failure: the TPM. The server and its secret went, or there would be a second one.
    EXPECT_EQ(summary.cases.at(0).failures.size(), 1U);
}

TEST_F(Runner, NamesTheFaultOfAServerInError) {
    Mischief mischief;
    mischief.server_ends = "ERROR";
    mischief.fault = "No valid host was found";
    const RunSummary summary = run(whole, mischief);
    EXPECT_EQ(headline(summary),
              "step 4, expect-server s1: server s1 is ERROR: No valid host was found");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).differences.at(0).actual, "\"ERROR\"");
}

TEST_F(Runner, MatchesTheFaultAScenarioExpects) {
    Mischief mischief;
    mischief.server_ends = "ERROR";
    mischief.fault = "No valid host was found";
    const RunSummary summary = run("  - expect-server: {server: \"${{ s1.id }}\", status: ERROR, "
                                   "fault: {message: {contains: No valid host}}}\n",
                                   mischief);
    EXPECT_EQ(headline(summary), "no failure");
}

TEST_F(Runner, SaysWhatWasSeenWhenAStepsTimeIsOver) {
    Mischief mischief;
    mischief.server_ends = "BUILD";
    const RunSummary summary = run(
        "  - expect-server: {server: \"${{ s1.id }}\", status: ACTIVE, timeout: 1s}\n", mischief);
    EXPECT_EQ(headline(summary), "step 4, expect-server s1: timed out waiting for server s1 to be "
                                 "ACTIVE; it is BUILD");
    EXPECT_EQ(summary.exit_code(), ExitCode::product_failed);
}

TEST_F(Runner, EndsACaseWhoseTimeIsOver) {
    Mischief mischief;
    mischief.server_ends = "BUILD";
    const std::string text =
        std::string(head) + "  - expect-server: {server: \"${{ s1.id }}\", status: ACTIVE}\n";
    std::string quick = text;
    quick.replace(quick.find("20s"), 3, "1s");
    const RunSummary summary = run_text(quick, mischief);
    const auto& failure = summary.cases.at(0).failures.at(0);
    EXPECT_EQ(failure.finding, Finding::timed_out);
    EXPECT_THAT(failure.error.causes, ElementsAre("the case's time of 1 s is over"));
}

TEST_F(Runner, FailsACaseThatLeavesSomethingBehind) {
    Mischief mischief;
    mischief.leaves_secrets = true;
    std::string steps = whole;
    steps.erase(steps.find("  - expect-nothing-left"));
    const RunSummary summary = run(steps, mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::product_failed);
    const auto& failure = summary.cases.at(0).failures.at(0);
    EXPECT_EQ(failure.finding, Finding::leftover);
    EXPECT_THAT(report::failure_headline(failure),
                HasSubstr("after the case: left behind: barbican "));
}

TEST_F(Runner, TellsLeftoversBesideTheFailureBeforeThem) {
    Mischief mischief;
    mischief.leaves_secrets = true;
    mischief.domain_model = "tpm-crb";
    const RunSummary summary = run(whole, mischief);
    ASSERT_EQ(summary.cases.at(0).failures.size(), 2U);
    EXPECT_EQ(summary.cases.at(0).failures[0].finding, Finding::wrong_tpm);
    EXPECT_EQ(summary.cases.at(0).failures[1].finding, Finding::leftover);
}

TEST_F(Runner, SaysThatAServerCannotBeDeleted) {
    Mischief mischief;
    mischief.refuses_deletion = true;
    const RunSummary summary = run(whole, mischief);
    EXPECT_EQ(headline(summary), "step 6, server-delete s1: the API answered 409: it is locked");
}

TEST_F(Runner, TakesAnExpectedRefusalForASuccess) {
    const RunSummary summary = run("  - flavor-set: {flavor: \"${{ flavor.id }}\", properties: "
                                   "{\"hw:tpm_version\": \"1.3\"}}\n"
                                   "    expect: {status: 400, message: {contains: not 1.3}}\n"
                                   "    by: admin\n");
    EXPECT_EQ(headline(summary), "no failure");
}

TEST_F(Runner, FailsOnARefusalNobodyExpected) {
    const RunSummary summary = run("  - flavor-set: {flavor: \"${{ flavor.id }}\", properties: "
                                   "{\"hw:tpm_version\": \"1.3\"}}\n"
                                   "    by: admin\n");
    EXPECT_EQ(headline(summary), "step 4, flavor-set: the API answered 400: not 1.3");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).error.hint,
              "a step that expects a refusal says so: `expect: {status: …}`");
}

TEST_F(Runner, FindsOnePassphraseForTwoServers) {
    Mischief mischief;
    mischief.shares_passphrase = true;
    const std::string second =
        "  - server-create: {name: s2, flavor: \"${{ flavor.id }}\", image: \"${{ image.id }}\"}\n"
        "    as: s2\n"
        "  - expect-distinct-tpms: {servers: [\"${{ s1.id }}\", \"${{ s2.id }}\"]}\n";
    EXPECT_EQ(headline(run(second)), "no failure");
    const RunSummary summary = run(second, mischief);
    EXPECT_EQ(headline(summary),
              "step 5, expect-distinct-tpms: servers s1 and s2 share one passphrase");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).finding, Finding::leaked);
}

TEST_F(Runner, FindsAllServersOfOneRequest) {
    const RunSummary summary = run(
        "  - server-create: {name: pair, flavor: \"${{ flavor.id }}\", image: \"${{ image.id }}\", "
        "min_count: 2, max_count: 2}\n"
        "    as: pair\n"
        "  - server-delete: {server: \"${{ pair.ids.pair-1 }}\"}\n"
        "  - server-delete: {server: \"${{ pair.ids.pair-2 }}\"}\n");
    EXPECT_EQ(headline(summary), "no failure");
}

TEST_F(Runner, CountsRequestsInTheJournal) {
    EXPECT_EQ(headline(run("  - expect-journal: {service: compute, method: POST, path: "
                           "/servers$, count: 1}\n")),
              "no failure");
    const RunSummary summary =
        run("  - expect-journal: {service: compute, method: PUT, path: /nothing}\n");
    EXPECT_EQ(headline(summary), "step 4, expect-journal compute: 0 requests in the journal fit: "
                                 "PUT '/nothing' of compute");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).differences.at(0).expected, "at least 1");
}

TEST_F(Runner, SaysWhichRequestCameNearest) {
    const RunSummary summary =
        run("  - expect-journal: {service: compute, method: POST, route: /servers, user: nova, "
            "status: 202}\n");
    EXPECT_EQ(headline(summary), "step 4, expect-journal compute: 0 requests in the journal fit: "
                                 "POST /servers of compute by user nova, status 202");
    const auto& causes = summary.cases.at(0).failures.at(0).error.causes;
    ASSERT_FALSE(causes.empty());
    EXPECT_EQ(causes.at(0),
              "nearest: POST /compute/servers of compute by owner → 202, not user 'nova'");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).error.hint, "");

    const RunSummary unknown = run("  - expect-journal: {service: cinder}\n");
    EXPECT_EQ(unknown.cases.at(0).failures.at(0).error.hint,
              "the journal knows compute, identity, image");
}

TEST_F(Runner, ExpectsRequestsInTheirOrder) {
    const std::string flavor = "{service: compute, method: POST, route: /flavors}",
                      server = "{service: compute, method: POST, route: /servers, user: owner, "
                               "project: demo, role: member}";
    const auto ordered = [](const std::string& a, const std::string& b) {
        return "  - expect-journal-order: {calls: [" + a + ", " + b + "]}\n";
    };
    EXPECT_EQ(headline(run(ordered(flavor, server))), "no failure");
    const RunSummary summary = run(ordered(server, flavor));
    EXPECT_EQ(headline(summary), "step 4, expect-journal-order: call 2 did not come after the ones "
                                 "before it: POST /flavors of compute");
    EXPECT_THAT(summary.cases.at(0).failures.at(0).error.causes,
                ElementsAre("came earlier: POST /compute/flavors of compute by owner → 200"));
}

TEST_F(Runner, AFaultThatNeverActedIsAFailure) {
    EXPECT_EQ(headline(run("  - fault-inject: {service: compute, method: POST, status: 500}\n"
                           "    as: fault\n"
                           "    expect: {id: 1}\n"
                           "  - fault-clear: {}\n"
                           "    expect: {faults: [{id: \"${{ fault.id }}\", hits: 1}]}\n")),
              "no failure");
    const std::string never = "fault 1 never acted: reset before GET /servers of compute by user "
                              "nova";
    const std::string inject =
        "  - fault-inject: {service: compute, method: GET, route: /servers, user: nova, "
        "reset: true}\n";
    EXPECT_EQ(headline(run(inject + "  - fault-clear: {}\n")), "step 5, fault-clear: " + never);
    const RunSummary summary = run(inject);
    EXPECT_EQ(headline(summary), "after the steps: " + never);
    EXPECT_EQ(summary.cases.at(0).failures.at(0).error.causes.at(0),
              "calls that fit: 0, of which 0 pass first");
}

TEST_F(Runner, AFaultOfNoRouteIsAFaultyScenario) {
    const RunSummary summary =
        run("  - fault-inject: {service: barbican, route: /nowhere, status: 500}\n");
    EXPECT_EQ(headline(summary), "step 4, fault-inject barbican: barbican has no route '/nowhere'");
    EXPECT_EQ(summary.cases.at(0).failures.at(0).error.kind, ErrorKind::scenario);
}

TEST_F(Runner, ReportsWarningsAndLetsScenariosExpectThem) {
    Mischief mischief;
    mischief.warnings = {"a TPM model is asked for without a TPM version"};
    const RunSummary summary = run("  - expect-warning: {text: without a TPM version}\n", mischief);
    EXPECT_EQ(headline(summary), "no failure");
    EXPECT_THAT(summary.cases.at(0).warnings,
                ElementsAre("server s1: a TPM model is asked for without a TPM version"));
    EXPECT_EQ(headline(run("  - expect-warning: {text: without a TPM version}\n")),
              "step 4, expect-warning: no warning has this text");
}

TEST_F(Runner, AsksLibvirtItself) {
    EXPECT_EQ(headline(run("  - libvirt-define: {tpm: {version: \"1.2\", model: tpm-crb}}\n"
                           "    expect: {refused: true, message: {contains: unsupported}}\n"
                           "  - libvirt-define: {tpm: {version: \"2.0\", model: tpm-crb}}\n"
                           "    expect: {refused: false}\n")),
              "no failure");
}

TEST_F(Runner, ListsTraitsSorted) {
    EXPECT_EQ(headline(run("  - trait-list: {host: compute-1}\n"
                           "    expect: {traits: [COMPUTE_SECURITY_TPM_1_2, "
                           "COMPUTE_SECURITY_TPM_2_0]}\n"
                           "    by: admin\n")),
              "no failure");
}

TEST_F(Runner, SkipsWhatThisMachineCannotDo) {
    const RunSummary summary = run(whole, *support::mischief_named("no-swtpm"));
    EXPECT_EQ(summary.exit_code(), ExitCode::all_skipped);
    EXPECT_EQ(summary.cases.at(0).skip_reason, "swtpm is not installed");
    EXPECT_TRUE(summary.cases.at(0).failures.empty());
}

TEST_F(Runner, TellsABrokenLabFromAFailedProduct) {
    const RunSummary summary = run(whole, *support::mischief_named("no-lab"));
    EXPECT_EQ(summary.exit_code(), ExitCode::lab_broken);
    EXPECT_EQ(headline(summary), "bringing the cloud up: libvirtd did not answer within 20 s");
}

TEST_F(Runner, BlamesNoProductInALabThatBroke) {
    Mischief mischief = *support::mischief_named("wrong-model");
    EXPECT_EQ(run(whole, mischief).exit_code(), ExitCode::product_failed);
    Error trouble;
    trouble.message = "the disk is full";
    trouble.hint = "free some";
    mischief.troubles = {trouble};
    const RunSummary summary = run(whole, mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::lab_broken);
    const auto& failure = summary.cases.at(0).failures.at(0);
    EXPECT_EQ(failure.finding, Finding::none);
    EXPECT_THAT(report::failure_text(failure),
                HasSubstr("    cause: the step saw: the domain XML of server s1 has another "
                          "TPM\n    hint: free some\n"));
    EXPECT_THAT(headline(summary), HasSubstr("expect-tpm s1: the disk is full"));
    EXPECT_EQ(summary.cases.at(0).steps.back().outcome, Outcome::broken);
    // What passed has been seen, whatever the lab's state.
    mischief = {};
    mischief.troubles = {trouble};
    EXPECT_EQ(run(whole, mischief).exit_code(), ExitCode::all_passed);
}

TEST_F(Runner, DoesNotBelieveACaseWhoseArtefactsAreLost) {
    Mischief mischief;
    mischief.loses_artefacts = true;
    const RunSummary summary = run(whole, mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::lab_broken);
    ASSERT_EQ(summary.cases.at(0).failures.size(), 1U);
    EXPECT_EQ(headline(summary), "keeping the artefacts: cannot write journal.jsonl: No space left "
                                 "on device");
}

TEST_F(Runner, TurnsExceptionsIntoErrorsThatNameTheirStage) {
    Mischief mischief;
    mischief.create_throws = "who would think of that";
    RunSummary summary = run(whole, mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::lab_broken);
    EXPECT_EQ(headline(summary),
              "bringing the cloud up: unexpected exception: who would think of that");
    mischief = {};
    mischief.audit_throws = true;
    summary = run(whole, mischief);
    EXPECT_EQ(headline(summary),
              "step 7, expect-nothing-left: unexpected exception of a foreign type");
}

TEST_F(Runner, StopsInTheMiddleOfAWaitAndCleansUp) {
    Mischief mischief;
    mischief.server_ends = "BUILD";
    InterruptsAt sink(interruption_, "expect-server");
    const RunSummary summary = run(whole, mischief, 1, &sink);
    EXPECT_EQ(summary.exit_code(), ExitCode::interrupted);
    const CaseResult& result = summary.cases.at(0);
    EXPECT_EQ(result.outcome, Outcome::interrupted);
    ASSERT_EQ(result.failures.size(), 1U); // and nothing left behind
    EXPECT_EQ(report::failure_headline(result.failures[0]),
              "step 4, expect-server s1: interrupted while waiting for server s1 to be ACTIVE");
}

constexpr const char* many = R"(scenario: many
depths: [model]
timeout: 20s
matrix:
  n: [1, 2, 3, 4, 5, 6]
steps:
  - flavor-create: {name: small, ram: 128, vcpus: 1, disk: 0}
    by: admin
    as: flavor
  - image-create: {name: micro, from: micro}
    as: image
  - server-create: {name: s, flavor: "${{ flavor.id }}", image: "${{ image.id }}"}
    as: s
  - expect-server: {server: "${{ s.id }}", status: ACTIVE}
)";

TEST_F(Runner, RunsCasesSideBySideAndKeepsTheirOrder) {
    const RunSummary summary = run_text(many, {}, 3);
    ASSERT_EQ(summary.cases.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(summary.cases[i].info.name, "test[n=" + std::to_string(i + 1) + "]");
        EXPECT_EQ(summary.cases[i].outcome, Outcome::passed);
    }
    EXPECT_EQ(summary.info.jobs, 3U);
}

TEST_F(Runner, CountsTheCasesItNeverStarted) {
    Mischief mischief;
    mischief.server_ends = "BUILD";
    InterruptsAt sink(interruption_, "expect-server");
    const RunSummary summary = run_text(many, mischief, 2, &sink);
    EXPECT_EQ(summary.count(Outcome::interrupted), 6U);
    EXPECT_EQ(summary.cases[5].info.name, "test[n=6]");
}

TEST_F(Runner, LeavesNoSecretInAnyArtefact) {
    Mischief mischief;
    mischief.shares_passphrase = true;
    mischief.leaves_secrets = true;
    const RunSummary summary = run(
        "  - server-create: {name: s2, flavor: \"${{ flavor.id }}\", image: \"${{ image.id }}\"}\n"
        "    as: s2\n"
        "  - expect-distinct-tpms: {servers: [\"${{ s1.id }}\", \"${{ s2.id }}\"]}\n",
        mischief);
    ASSERT_TRUE(write_file(out() / "results.json", report::results_json(summary)));
    ASSERT_TRUE(write_file(out() / "junit.xml", report::junit_xml(summary)));
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(out())) {
        if (!entry.is_regular_file())
            continue;
        ++files;
        std::ostringstream content;
        content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        EXPECT_THAT(content.str(), testing::Not(HasSubstr(support::known_secret))) << entry.path();
    }
    EXPECT_GE(files, 3);
}

} // namespace
} // namespace vtpmlab::runner
