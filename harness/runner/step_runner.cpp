#include "runner/step_runner.h"

#include "runner/case_context.h"
#include "runner/seen.h"
#include "scenario/duration.h"
#include "scenario/match.h"
#include "scenario/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using report::Finding;
using std::chrono::steady_clock;

// A step that names no time of its own; as the table of verbs says.
constexpr std::chrono::seconds usual_step{60};
constexpr std::chrono::seconds usual_audit{30};

} // namespace

std::string step_title(const scenario::Step& step) {
    if (step.name != step.verb && !step.name.empty())
        return step.name;
    if (!step.bind_as.empty())
        return step.verb + " " + step.bind_as;
    for (const char* key : {"name", "host", "service"})
        if (const auto found = step.args.value.find(key);
            found != step.args.value.end() && found->is_string())
            return step.verb + " " + found->get<std::string>();
    // "${{ s1.id }}" says "s1" to the reader.
    if (const auto found = step.args.value.find("server");
        found != step.args.value.end() && found->is_string()) {
        const auto text = found->get<std::string>();
        const auto begin = text.find_first_not_of("${ ");
        const auto end = text.find_first_of(". }", begin);
        if (begin != std::string::npos)
            return step.verb + " " + text.substr(begin, end - begin);
    }
    return step.verb;
}

VerbResult StepRunner::run(const scenario::Step& step, steady_clock::time_point case_deadline,
                           std::vector<std::string>& notes) {
    const VerbFunction verb = find_verb(step.verb);
    if (verb == nullptr)
        return fail(ErrorKind::lab, fmt::format("nobody can do '{}'", step.verb));
    VTPMLAB_TRY(const auto args, bindings_.resolve_located(step.args));
    if (const auto* known = scenario::find_verb(step.verb))
        VTPMLAB_CHECK(scenario::check_arguments(*known, args));
    VTPMLAB_TRY(auto* caller, context_.session(step.by));
    auto patience = step.verb == "expect-nothing-left" ? usual_audit : usual_step;
    if (const auto timeout = args.value.find("timeout"); timeout != args.value.end())
        if (const auto parsed = scenario::parse_duration(timeout->get<std::string>()))
            patience = *parsed;
    const auto deadline =
        std::min(case_deadline, steady_clock::time_point(steady_clock::now() + patience));
    context_.begin_waiting();
    auto result = verb(context_, StepCall{step, args, *caller, deadline, notes});
    if (!result)
        return result;
    result = checked(step, std::move(*result));
    if (result && !step.bind_as.empty())
        bindings_.set(step.bind_as, *result);
    return result;
}

VerbResult StepRunner::checked(const scenario::Step& step, json result) const {
    const int status = result.value("status", 200);
    const bool refused = status < 200 || status >= 300;
    const auto message = result.value("message", std::string{});
    const std::string refusal =
        fmt::format("the API answered {}: {}", status, message.empty() ? "no message" : message);
    if (!step.expect) {
        if (refused && step.verb.rfind("expect-", 0) != 0)
            return unmet(Finding::unexpected_result, refusal,
                         "a step that expects a refusal says so: `expect: {status: …}`");
        return result;
    }
    VTPMLAB_TRY(const auto expected, bindings_.resolve_located(*step.expect));
    const auto differences = scenario::match(expected, result);
    if (differences.empty()) {
        // Nothing was said about the status, so a success was meant.
        if (refused && !(expected.value.is_object() && expected.value.contains("status")) &&
            step.verb.rfind("expect-", 0) != 0)
            return unmet(Finding::unexpected_result, refusal);
        return result;
    }
    auto failure = unmet(Finding::unexpected_result, "the result is not the one expected");
    failure.value().differences = to_report(differences);
    if (refused)
        failure.value().error.causes.push_back(refusal);
    return failure;
}

} // namespace vtpmlab::runner
