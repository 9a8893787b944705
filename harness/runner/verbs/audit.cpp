// expect-secrets, expect-store, expect-warning, expect-finding, expect-nothing-left: what the whole
// case has caused so far.

#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/secrets.h"
#include "runner/servers.h"
#include "runner/verb.h"
#include "scenario/known_leaks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

VerbResult expect_secrets(CaseContext&, const StepCall& step) {
    VTPMLAB_TRY(json secrets, list_secrets(step.caller, step.deadline));
    json found = {{"count", secrets.size()}, {"secrets", std::move(secrets)}};
    return matched(only(step.args, {"count", "secrets"}), std::move(found),
                   fmt::format("persona {} sees other secrets", step.step.by));
}

VerbResult expect_warning(CaseContext& context, const StepCall& step) {
    const auto text = step.args.value.at("text").get<std::string>();
    for (const auto& server : context.servers())
        context.collect_warnings_of(server.id);
    const auto& warnings = context.warnings();
    const auto found = std::count_if(warnings.begin(), warnings.end(), [&](const auto& warning) {
        return warning.find(text) != std::string::npos;
    });
    const auto wanted = step.args.value.find("count");
    const bool is_counted = wanted != step.args.value.end();
    if (is_counted ? *wanted == found : found > 0)
        return json::object();
    auto failure = unmet(report::Finding::unexpected_result,
                         found == 0   ? "no warning has this text"
                         : found == 1 ? "a warning has this text"
                                      : fmt::format("{} warnings have this text", found));
    const auto expected = is_counted ? fmt::format("{} of them", wanted->get<int>()) : "one";
    failure.value().differences = {
        {"", fmt::format("warnings with \"{}\": {}", text, expected),
         warnings.empty() ? "no warning" : fmt::format("{}", fmt::join(warnings, "; ")),
         step.args.place("/text")}};
    return failure;
}

VerbResult expect_nothing(CaseContext& context, const StepCall& step) {
    const auto stores = step.args.value.value("stores", std::vector<std::string>{});
    if (const Status status = expect_nothing_left(context, step.deadline, stores); !status) {
        StepFailure failure(status.error());
        if (failure.error.kind == ErrorKind::product)
            failure.finding = report::Finding::leftover;
        return tl::unexpected(std::move(failure));
    }
    return json::object();
}

VerbResult expect_finding(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    if (context.lab().depth() == Depth::model &&
        scenario::is_of_real_hosts(args.at("store").get<std::string>()))
        return json::object();
    context.known_findings.push_back(
        {args.at("finding").get<std::string>(), args.at("store").get<std::string>(),
         args.value("host", std::string{}), args.value("count", std::size_t{1})});
    return json::object();
}

VerbResult expect_store(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto store = args.at("store").get<std::string>();
    VTPMLAB_TRY(const auto all, context.lab().leftovers());
    json things = json::array();
    for (const auto& one : all)
        if (one.store == store && args.value("host", one.host) == one.host)
            things.push_back({{"host", one.host}, {"what", one.what}});
    json found = {{"count", things.size()}, {"things", std::move(things)}};
    const auto message = fmt::format("store '{}' holds {}", store, found["things"].dump());
    return matched(only(step.args, {"count"}), std::move(found), message);
}

constexpr std::array<VerbEntry, 5> entries = {{
    {"expect-finding", expect_finding},
    {"expect-store", expect_store},
    {"expect-secrets", expect_secrets},
    {"expect-warning", expect_warning},
    {"expect-nothing-left", expect_nothing},
}};

} // namespace

std::span<const VerbEntry> audit_verbs() { return entries; }

} // namespace vtpmlab::runner
