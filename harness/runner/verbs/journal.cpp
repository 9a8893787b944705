// expect-journal, expect-journal-order: the HTTP requests the case has caused so far.

#include "runner/case_context.h"
#include "runner/journal_query.h"
#include "runner/verb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// An entry is written when its answer is on the way, which may be a moment after the client has it.
constexpr std::chrono::seconds journal_patience{2};

bool is_met(const json& args, std::size_t count) {
    if (args.contains("count") && count != args["count"].get<std::size_t>())
        return false;
    if (args.contains("at_most") && count > args["at_most"].get<std::size_t>())
        return false;
    const bool bounded = args.contains("count") || args.contains("at_most");
    return count >= args.value("at_least", bounded ? std::size_t{0} : std::size_t{1});
}

std::string bounds_text(const json& args) {
    if (args.contains("count"))
        return fmt::format("{}", args["count"].get<std::size_t>());
    std::string text;
    if (args.contains("at_least") || !args.contains("at_most"))
        text = fmt::format("at least {}", args.value("at_least", std::size_t{1}));
    if (args.contains("at_most"))
        text += fmt::format("{}at most {}", text.empty() ? "" : ", ",
                            args["at_most"].get<std::size_t>());
    return text;
}

// What came instead; for a service nobody asked, which were asked.
void explain(StepFailure& failure, const WantedRequest& wanted,
             const std::vector<SeenRequest>& seen) {
    std::set<std::string> services;
    for (const auto& request : seen)
        services.insert(request.service);
    if (!services.count(wanted.service))
        failure.error.hint = fmt::format("the journal knows {}", fmt::join(services, ", "));
    for (auto& text : nearest(wanted, seen))
        failure.error.causes.push_back(std::move(text));
}

// Looks until `judge` is content or patience is over; then its last failure.
template <typename Judge>
VerbResult patiently(CaseContext& context, const StepCall& step, const Judge& judge) {
    const auto patience =
        std::min(step.deadline, std::chrono::steady_clock::now() + journal_patience);
    for (;;) {
        VTPMLAB_TRY(const auto seen, context.lab().seen_requests());
        VerbResult result = judge(seen);
        if (result || std::chrono::steady_clock::now() >= patience)
            return result;
        VTPMLAB_CHECK(context.pause(step.deadline, "the journal", "no request came"));
    }
}

VerbResult expect_journal(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    VTPMLAB_TRY(const auto wanted, WantedRequest::of(args));
    return patiently(context, step, [&](const std::vector<SeenRequest>& seen) -> VerbResult {
        json requests = json::array();
        for (const auto& request : seen)
            if (wanted.matches(request))
                requests.push_back(request_json(request));
        const std::size_t count = requests.size();
        if (is_met(args, count))
            return json{{"count", count}, {"requests", std::move(requests)}};
        auto failure =
            unmet(report::Finding::unexpected_result,
                  fmt::format("{} request{} in the journal {}: {}", count, count == 1 ? "" : "s",
                              count == 1 ? "fits" : "fit", wanted.text()));
        failure.value().differences = {{"/count", bounds_text(args), std::to_string(count),
                                        step.args.place(args.contains("count") ? "/count" : "")}};
        if (count == 0)
            explain(failure.value(), wanted, seen);
        else
            for (const auto& request : seen)
                if (wanted.matches(request) && failure.value().error.causes.size() < 8)
                    failure.value().error.causes.push_back("seen: " + request_text(request));
        return failure;
    });
}

VerbResult expect_order(CaseContext& context, const StepCall& step) {
    std::vector<WantedRequest> calls;
    for (const auto& call : step.args.value.at("calls")) {
        VTPMLAB_TRY(calls.emplace_back(), WantedRequest::of(call));
    }
    return patiently(context, step, [&](const std::vector<SeenRequest>& seen) -> VerbResult {
        json requests = json::array();
        auto from = seen.begin();
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const auto found = std::find_if(
                from, seen.end(), [&](const auto& request) { return calls[i].matches(request); });
            if (found != seen.end()) {
                requests.push_back(request_json(*found));
                from = std::next(found);
                continue;
            }
            const auto earlier = std::find_if(
                seen.begin(), from, [&](const auto& request) { return calls[i].matches(request); });
            auto failure =
                unmet(report::Finding::unexpected_result,
                      fmt::format("call {} did not come{}: {}", i + 1,
                                  i == 0 ? "" : " after the ones before it", calls[i].text()));
            if (earlier != from)
                failure.value().error.causes.push_back("came earlier: " + request_text(*earlier));
            else
                explain(failure.value(), calls[i], seen);
            return failure;
        }
        return json{{"requests", std::move(requests)}};
    });
}

constexpr std::array<VerbEntry, 2> entries = {{
    {"expect-journal", expect_journal},
    {"expect-journal-order", expect_order},
}};

} // namespace

std::span<const VerbEntry> journal_verbs() { return entries; }

} // namespace vtpmlab::runner
