// fault-inject, fault-clear: what the services do wrong.

#include "faults/fault_rule_json.h"
#include "runner/case_context.h"
#include "runner/faults.h"
#include "runner/verb.h"

#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

VerbResult inject(CaseContext& context, const StepCall& step) {
    auto rule = parse_fault_rule(step.args.value);
    if (!rule)
        return fail(ErrorKind::scenario, rule.error().message,
                    step.args.place(rule.error().pointer).text(), rule.error().hint);
    auto id = context.lab().add_fault(*rule);
    if (!id) {
        if (id.error().where.empty())
            id.error().where = step.args.place().text();
        return fail(std::move(id).error());
    }
    return json{{"id", *id}};
}

VerbResult clear(CaseContext& context, const StepCall&) {
    VerbResult result = faults_that_acted(context.lab());
    if (result)
        VTPMLAB_CHECK(context.lab().clear_faults());
    return result;
}

constexpr std::array<VerbEntry, 2> entries = {{
    {"fault-inject", inject},
    {"fault-clear", clear},
}};

} // namespace

std::span<const VerbEntry> fault_verbs() { return entries; }

} // namespace vtpmlab::runner
