#include "core/files.h"
#include "report/json.h"
#include "sample_run.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace vtpmlab::report {
namespace {

using nlohmann::json;

TEST(ResultsJson, HoldsEveryCaseAndTheTotals) {
    const json results = json::parse(results_json(sample_run()));
    EXPECT_EQ(results["format"], 1);
    EXPECT_EQ(results["depth"], "guest");
    EXPECT_EQ(results["exit_code"], 4);
    EXPECT_EQ(results["totals"], json::parse(R"({
        "cases": 4, "passed": 1, "failed": 1, "broken": 1, "skipped": 1, "interrupted": 0,
        "skip_reasons": {"swtpm is not installed": 1}})"));
    ASSERT_EQ(results["cases"].size(), 4U);
    const json& failure = results["cases"][1]["failures"][0];
    EXPECT_EQ(failure["finding"], "wrong-tpm");
    EXPECT_EQ(failure["step"]["place"], "scenarios/smoke/tis_by_default.yaml:18:5");
    EXPECT_EQ(failure["differences"][0]["actual"], "\"tpm-crb\"");
    EXPECT_EQ(results["cases"][0]["depth"], "guest");
    EXPECT_EQ(results["cases"][0]["steps"][0]["notes"][0], "guest: TPM 2.0 tpm-crb");
}

TEST(ResultsJson, SurvivesTextThatIsNoUtf8) {
    RunSummary run = sample_run();
    run.cases[1].failures[0].error.message = "\xff\xfe";
    EXPECT_TRUE(json::accept(results_json(run)));
}

TEST(EventLog, WritesOneObjectALineAtOnce) {
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto path = directory->path() / "events.jsonl";
    auto log = EventLog::create(path);
    ASSERT_TRUE(log);
    const RunSummary run = sample_run();
    const TimePoint start{};
    (*log)->run_started(run.info, start);
    (*log)->case_started(1, run.cases[1].info, start + Duration{5});
    (*log)->step_started(1, sample_step(), start + Duration{7});
    // The log is still open: a reader that follows it sees all of this already.
    std::ifstream file(path);
    std::vector<json> events;
    for (std::string line; std::getline(file, line);)
        events.push_back(json::parse(line));
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0]["event"], "run-started");
    EXPECT_EQ(events[1]["event"], "case-started");
    EXPECT_EQ(events[2], json::parse(R"({"event": "step-started", "ms": 7, "case": 1, "number": 5,
        "title": "expect-tpm s1", "verb": "expect-tpm",
        "place": "scenarios/smoke/tis_by_default.yaml:18:5"})"));
    EXPECT_TRUE((*log)->status());
}

TEST(EventLog, NamesTheFileItCannotWrite) {
    auto log = EventLog::create("/proc/no-such-directory/events.jsonl");
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().message,
              "cannot write '/proc/no-such-directory/events.jsonl': No such file or directory");
    EXPECT_EQ(log.error().hint, "choose another directory with --out");
}

TEST(EventLog, RemembersAFullDisk) {
    auto log = EventLog::create("/dev/full");
    ASSERT_TRUE(log);
    (*log)->notice("x", TimePoint{});
    const Status status = (*log)->status();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message, "cannot write '/dev/full': No space left on device");
}

} // namespace
} // namespace vtpmlab::report
