// Whole cases in a lab that misbehaves: every outcome, and what a case leaves.

#include "report/json.h"
#include "report/junit.h"
#include "troubled_run.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace vtpmlab::runner {
namespace {

namespace fs = std::filesystem;
using report::CaseResult;
using report::Finding;
using report::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;

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
                ElementsAre("model: placeholder bytes in place of kernel and ramdisk"));
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

constexpr const char* ends_with_a_known_leak =
    "  - server-delete: {server: \"${{ s1.id }}\"}\n"
    "  - expect-finding: {finding: D9, store: barbican}\n"
    "  - expect-nothing-left: {timeout: 1s}\n";

TEST_F(Runner, CountsAKnownLeakForNoFailure) {
    Mischief mischief;
    mischief.leaves_secrets = true;
    EXPECT_EQ(headline(run(ends_with_a_known_leak, mischief)), "no failure");
}

TEST_F(Runner, FailsWhenAKnownLeakHasDisappeared) {
    const RunSummary summary = run(ends_with_a_known_leak);
    EXPECT_EQ(summary.exit_code(), ExitCode::product_failed);
    EXPECT_EQ(summary.cases.at(0).failures.at(0).finding, Finding::leftover);
    EXPECT_THAT(headline(summary), HasSubstr("finding D9 has disappeared"));
}

TEST_F(Runner, FailsWhenTheStoreOfAKnownLeakHoldsOneMore) {
    Mischief mischief;
    mischief.leaves_secrets = true;
    const RunSummary summary =
        run("  - server-create: {name: s2, flavor: \"${{ flavor.id }}\", image: "
            "\"${{ image.id }}\"}\n"
            "    as: s2\n"
            "  - server-delete: {server: \"${{ s2.id }}\"}\n" +
                std::string(ends_with_a_known_leak),
            mischief);
    EXPECT_EQ(summary.exit_code(), ExitCode::product_failed);
    EXPECT_EQ(summary.cases.at(0).failures.at(0).finding, Finding::leftover);
    EXPECT_THAT(headline(summary), HasSubstr("left behind: barbican "));
}

TEST_F(Runner, LooksIntoTheStoresThatAreNamed) {
    // A secret is left; neither it nor a finding of its store is looked for among domains.
    Mischief mischief;
    mischief.leaves_secrets = true;
    const std::string left = "  - server-delete: {server: \"${{ s1.id }}\"}\n"
                             "  - expect-finding: {finding: D9, store: barbican, count: 2}\n"
                             "  - expect-nothing-left: {stores: [domain, placement]}\n"
                             "  - expect-warning: {text: reached}\n";
    EXPECT_THAT(headline(run(left, mischief)), HasSubstr("no warning has this text"));
    const RunSummary summary =
        run("  - server-delete: {server: \"${{ s1.id }}\"}\n"
            "  - expect-nothing-left: {stores: [domain, barbican], timeout: 1s}\n",
            mischief);
    EXPECT_THAT(headline(summary), HasSubstr("expect-nothing-left: left behind: barbican "));
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
