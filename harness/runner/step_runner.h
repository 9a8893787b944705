#pragma once
// One step after another: what they bind is resolved, their arguments are checked, their verbs run,
// and the results held against what they expect.

#include "runner/verb.h"
#include "scenario/bindings.h"
#include "scenario/scenario.h"

#include <chrono>
#include <string>
#include <vector>

namespace vtpmlab::runner {

// "server-create s1": the verb, and the name of what it is about.
[[nodiscard]] std::string step_title(const scenario::Step& step);

class StepRunner {
public:
    explicit StepRunner(CaseContext& context) : context_(context) {}

    // A step has the time it names, or 60 s (an audit: 30 s), and never more than the case has
    // left. A refusal that no `expect:` names is a failure. On success the result is bound for the
    // steps that follow. What was seen on the way goes to `notes`, on failure too.
    [[nodiscard]] VerbResult run(const scenario::Step& step,
                                 std::chrono::steady_clock::time_point case_deadline,
                                 std::vector<std::string>& notes);

private:
    [[nodiscard]] VerbResult checked(const scenario::Step& step, nlohmann::json result) const;

    CaseContext& context_;
    scenario::Bindings bindings_;
};

} // namespace vtpmlab::runner
