// What single verbs say of a lab that misbehaves.

#include "runner/verb.h"
#include "scenario/verbs.h"
#include "troubled_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace vtpmlab::runner {
namespace {

using report::Finding;
using report::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Verbs, AreTheOnesScenariosMayUse) {
    std::vector<std::string_view> known;
    for (const auto& verb : scenario::verbs())
        known.push_back(verb.name);
    EXPECT_THAT(verb_names(), testing::UnorderedElementsAreArray(known));
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

// What users lose data to is never counted among TPMs that are merely wrong.
TEST_F(Runner, CallsASilentlyFreshTpmByItsName) {
    const std::string steps = "  - plant-witness: {server: \"${{ s1.id }}\"}\n"
                              "  - expect-witness: {server: \"${{ s1.id }}\", after: snapshot}\n";
    EXPECT_EQ(headline(run(steps)), "no failure");
    Mischief mischief;
    mischief.swaps_tpm = true;
    const RunSummary summary = run(steps, mischief);
    EXPECT_EQ(summary.cases.at(0).failures.at(0).finding, Finding::silently_fresh_tpm);
    EXPECT_THAT(headline(summary), HasSubstr("SILENTLY FRESH TPM after: snapshot."));
    mischief = {};
    const RunSummary other =
        run("  - plant-witness: {server: \"${{ s1.id }}\"}\n"
            "  - expect-witness: {server: \"${{ s1.id }}\", after: hard reboot}\n",
            mischief);
    EXPECT_EQ(other.cases.at(0).failures.at(0).finding, Finding::wrong_tpm);
}

TEST_F(Runner, CallsALostDiskByItsName) {
    const auto in = [](const char* what) {
        return std::string("  - plant-witness: {server: \"${{ s1.id }}\", in: ") + what +
               "}\n"
               "  - expect-witness: {server: \"${{ s1.id }}\", after: live migration}\n";
    };
    EXPECT_EQ(headline(run(in("disk"))), "no failure");
    Mischief mischief;
    mischief.swaps_disk = true;
    for (const char* what : {"disk", "TPM and disk"}) {
        const RunSummary summary = run(in(what), mischief);
        EXPECT_EQ(summary.cases.at(0).failures.at(0).finding, Finding::wrong_disk);
        EXPECT_THAT(headline(summary), HasSubstr("DISK LOST after: live migration."));
        EXPECT_THAT(summary.cases.at(0).failures.at(0).error.causes,
                    ElementsAre("disk: expected same, found reset (as its image has it)"));
    }
    // With another TPM as well, the TPM is what the failure is about.
    mischief.swaps_tpm = true;
    EXPECT_EQ(run(in("TPM and disk"), mischief).cases.at(0).failures.at(0).finding,
              Finding::silently_fresh_tpm);
}

TEST_F(Runner, PlantsNoWitnessWhereTheDomainHasNoTpm) {
    Mischief mischief;
    mischief.domain_model = "";
    EXPECT_EQ(headline(run("  - plant-witness: {server: \"${{ s1.id }}\"}\n", mischief)),
              "step 4, plant-witness s1: the domain XML of server s1 has no TPM to plant a witness "
              "in");
}

TEST_F(Runner, ExpectsTheNewestMigration) {
    const auto expecting = [](const std::string& what) {
        return "  - expect-migration: {server: \"${{ s1.id }}\", timeout: 1s, " + what + "}\n";
    };
    EXPECT_EQ(headline(run(expecting(
                  "status: completed, type: live-migration, from: compute-1, to: compute-2"))),
              "no failure");
    RunSummary summary = run(expecting("status: error, from: compute-2"));
    EXPECT_EQ(headline(summary),
              "step 4, expect-migration s1: the newest migration of server s1 is another");
    const auto& differences = summary.cases.at(0).failures.at(0).differences;
    ASSERT_EQ(differences.size(), 2U);
    EXPECT_EQ(differences[0].actual, "\"compute-1\"");
    EXPECT_EQ(differences[1].expected, "\"error\"");
    EXPECT_EQ(differences[1].actual, "\"completed\"");
    // One that goes on is waited for.
    Mischief mischief;
    mischief.migration_ends = "running";
    EXPECT_EQ(
        headline(run(expecting("status: completed"), mischief)),
        "step 4, expect-migration s1: timed out waiting for the newest migration of server s1 "
        "to be completed; it is running");
}

TEST_F(Runner, ExpectsAllocationsOnTheseHostsAndNoOthers) {
    const auto expecting = [](const std::string& hosts) {
        return "  - expect-allocations: {consumer: \"${{ s1.id }}\", hosts: [" + hosts + "]}\n";
    };
    EXPECT_EQ(headline(run(expecting("compute-1"))), "no failure");
    const RunSummary summary = run(expecting("compute-1, compute-2"));
    EXPECT_EQ(headline(summary), "step 4, expect-allocations: s1 holds something on other hosts");
    const auto& difference = summary.cases.at(0).failures.at(0).differences.at(0);
    EXPECT_EQ(difference.path, "/hosts");
    EXPECT_EQ(difference.expected, "[\"compute-1\",\"compute-2\"]");
    EXPECT_EQ(difference.actual, "[\"compute-1\"]");
    EXPECT_EQ(headline(run(expecting(""))),
              "step 4, expect-allocations: s1 holds something on other hosts");
}

TEST_F(Runner, FindsAllServersOfOneRequest) {
    const auto pair =
        "  - server-create: {name: pair, flavor: \"${{ flavor.id }}\", image: \"${{ image.id }}\", "
        "min_count: 2, max_count: 2}\n"
        "    as: pair\n"
        "  - server-delete: {server: \"${{ pair.ids.pair-1 }}\"}\n"
        "  - server-delete: {server: \"${{ pair.ids.pair-2 }}\"}\n";
    EXPECT_EQ(headline(run(pair)), "no failure");
    // On as many pages as there are.
    Mischief mischief;
    mischief.servers_a_page = 1;
    EXPECT_EQ(headline(run(pair, mischief)), "no failure");
    mischief.forgets_markers = true;
    EXPECT_EQ(headline(run(pair, mischief)),
              "step 4, server-create pair: the compute API lists the same servers on two pages of "
              "one list");
}

TEST_F(Runner, CountsTheServersThatTheApiLists) {
    const auto expecting = [](const std::string& what) {
        return "  - expect-servers: {" + what + "}\n";
    };
    for (const char* right : {"count: 1", "count: 1, name: s1", "count: 0, name: s2",
                              "count: 1, status: ACTIVE", "count: 0, status: ERROR"})
        EXPECT_EQ(headline(run(expecting(right))), "no failure") << right;
    EXPECT_EQ(headline(run(expecting("count: 1, name: s1") +
                           "    expect: {servers: [{name: s1, server_status: ACTIVE}]}\n")),
              "no failure");
    const RunSummary summary = run(expecting("count: 0"));
    EXPECT_EQ(headline(summary),
              "step 4, expect-servers: persona owner sees these servers: s1 (ACTIVE)");
    const auto& difference = summary.cases.at(0).failures.at(0).differences.at(0);
    EXPECT_EQ(difference.path, "/count");
    EXPECT_EQ(difference.actual, "1");
    EXPECT_EQ(headline(run("  - server-delete: {server: \"${{ s1.id }}\"}\n" +
                           expecting("count: 1, name: s1"))),
              "step 5, expect-servers s1: persona owner sees no server");
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
    const auto counting = [](int count) {
        return fmt::format("  - expect-warning: {{text: without a TPM version, count: {}}}\n",
                           count);
    };
    EXPECT_EQ(headline(run(counting(0))), "no failure");
    EXPECT_EQ(headline(run(counting(1), mischief)), "no failure");
    const RunSummary odd = run(counting(0), mischief);
    EXPECT_EQ(headline(odd), "step 4, expect-warning: a warning has this text");
    EXPECT_EQ(odd.cases.at(0).failures.at(0).differences.at(0).expected,
              "warnings with \"without a TPM version\": 0 of them");
}

TEST_F(Runner, CountsWhatAStoreHolds) {
    std::string two_hosts = head;
    two_hosts.replace(two_hosts.find("steps:"), 0,
                      "cloud: {hosts: [{name: compute-1}, {name: compute-2}]}\n");
    const auto expecting = [&](const std::string& what) {
        return run_text(two_hosts + "  - expect-store: {" + what + "}\n", {});
    };
    for (const char* right :
         {"store: domain, count: 1", "store: domain, count: 1, host: compute-1",
          "store: domain, count: 0, host: compute-2", "store: swtpm directory, count: 0"})
        EXPECT_EQ(headline(expecting(right)), "no failure") << right;
    const RunSummary summary = expecting("store: domain, count: 2");
    EXPECT_THAT(headline(summary), testing::StartsWith("step 4, expect-store: store 'domain' holds "
                                                       "[{\"host\":\"compute-1\",\"what\":\""));
    const auto& difference = summary.cases.at(0).failures.at(0).differences.at(0);
    EXPECT_EQ(difference.path, "/count");
    EXPECT_EQ(difference.actual, "1");
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

} // namespace
} // namespace vtpmlab::runner
