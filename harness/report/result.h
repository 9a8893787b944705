#pragma once
// What a run found, as values: steps, cases, the whole run. Filled by the runner, shown by the
// terminal, written as JUnit XML and JSON. Nothing here does I/O, and nothing here holds a secret.
//
// Promise: every case that was planned is in the summary, with a reason where it did not pass.

#include <vtpmlab/depth.h>
#include <vtpmlab/error.h>
#include <vtpmlab/exit_code.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::report {

// A clock that never goes back, for durations; the moment of the run itself is text.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

enum class Outcome {
    passed,
    failed,      // the product did not do what the scenario expects
    broken,      // the lab or the scenario is wrong: says nothing about the product
    skipped,     // cannot be tested here; the reason is in the result
    interrupted, // a signal came first
};
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] Outcome outcome_for(ErrorKind kind);

// What sort of thing a failure is, for people who count them over many runs. New classes (a TPM
// that answers but is a *new* one) are added here and nowhere else.
enum class Finding {
    none,              // not a statement about the product
    unexpected_result, // an API answer, a server's state or a fault other than expected
    wrong_tpm,         // the guest's TPM is not the one asked for, or witnesses disagree
    // The guest's TPM should have been the same and is another one, and nobody said a word: what
    // users lose data to, so it is never counted among the wrong ones.
    silently_fresh_tpm,
    wrong_disk, // what the guest wrote to its disk is not there, or is and must not be
    leaked,     // something readable or shared that must not be
    leftover,   // something stands where nothing should be
    timed_out,  // nothing wrong was seen, but not the right thing in time either
};
[[nodiscard]] std::string_view to_string(Finding finding);

// One expectation that was not met. `path` is a JSON pointer into the answer.
struct Difference {
    std::string path;
    std::string expected;
    std::string actual;
    Place place; // of the expected value in the scenario
    friend bool operator==(const Difference&, const Difference&) = default;
};

struct StepInfo {
    std::size_t number = 0; // from 1; 0 = outside any step (bringing the lab up, the final audit)
    std::string title;      // "expect-tpm s1"
    std::string verb;
    Place place;
    std::string line; // the scenario's own line at `place`
};

struct StepResult {
    StepInfo step;
    Outcome outcome = Outcome::passed;
    Duration duration{0};
    // What was seen and from where: "guest: TPM 2.0 tpm-crb, 7 witnesses agree".
    std::vector<std::string> notes;
    // What the step's result was, as JSON, without what differs from run to run; "": none.
    std::string seen = {};
};

// The last lines of a guest's console, already made printable.
struct Console {
    std::string server;
    std::string file;
    std::vector<std::string> lines;
};

struct Failure {
    Finding finding = Finding::none;
    Error error;
    StepInfo step;
    std::vector<Difference> differences;
    std::vector<Console> consoles;
};

// What is known of a case before it runs.
struct CaseInfo {
    std::string name; // "crb_in_the_guest[asked_by=flavor]"
    std::string file; // the scenario, as the user named it
    Depth depth = Depth::guest;
    std::vector<std::string> labels;
    std::size_t steps = 0;
    std::string artefacts; // this case's directory
    std::string reproduce; // the one command that runs just this case again
};

struct CaseResult {
    CaseInfo info;
    Outcome outcome = Outcome::passed;
    Duration duration{0};
    std::string lab; // "tcg, QEMU 7.2.22, libvirt 9.0.0, swtpm 0.7.1" or "model"
    std::vector<StepResult> steps;
    std::vector<Failure> failures; // a failed step and, after it, what was left behind
    std::string skip_reason;
    std::vector<std::string> warnings;
};

struct RunInfo {
    std::string id;      // "20260807-121503-1f3a", also the name of the default output directory
    std::string started; // UTC, RFC 3339
    Depth depth = Depth::guest;
    std::size_t cases = 0;
    std::size_t files = 0;
    unsigned jobs = 1;
    std::string out;
};

struct RunSummary {
    RunInfo info;
    Duration duration{0};
    bool was_interrupted = false;
    std::vector<CaseResult> cases; // in the order of the plan

    [[nodiscard]] std::size_t count(Outcome outcome) const;
    // Reason -> how many cases.
    [[nodiscard]] std::map<std::string, std::size_t> skips() const;
    // A proven product failure counts more than a broken lab beside it, for it stands whatever
    // the lab does next time; an interrupted run proves nothing as a whole.
    [[nodiscard]] ExitCode exit_code() const;
};

} // namespace vtpmlab::report
