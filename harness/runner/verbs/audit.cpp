// expect-secrets, expect-journal, expect-warning, expect-nothing-left: what the whole case has
// caused so far.

#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/secrets.h"
#include "runner/servers.h"
#include "runner/verb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// An entry is written when its answer is on the way, which may be a moment after the client has it.
constexpr std::chrono::seconds journal_patience{2};

VerbResult expect_secrets(CaseContext&, const StepCall& step) {
    VTPMLAB_TRY(json secrets, list_secrets(step.caller, step.deadline));
    json found = {{"count", secrets.size()}, {"secrets", std::move(secrets)}};
    return matched(only(step.args, {"count", "secrets"}), std::move(found),
                   fmt::format("persona {} sees other secrets", step.step.by));
}

struct Wanted {
    std::string service;
    std::string method;
    std::optional<std::regex> path;
    std::string user;
    int status = 0;

    [[nodiscard]] bool matches(const SeenRequest& seen) const {
        return seen.service == service && (method.empty() || seen.method == method) &&
               (!path || std::regex_search(seen.path, *path)) &&
               (user.empty() || seen.user == user) && (status == 0 || seen.status == status);
    }
};

Result<Wanted> wanted_of(const json& args) {
    Wanted wanted;
    wanted.service = args.at("service").get<std::string>();
    wanted.method = args.value("method", std::string{});
    wanted.user = args.value("user", std::string{});
    wanted.status = args.value("status", 0);
    if (args.contains("path")) {
        const auto pattern = args["path"].get<std::string>();
        try {
            wanted.path = std::regex(pattern);
        } catch (const std::regex_error& error) {
            return fail(ErrorKind::scenario,
                        fmt::format("'{}' is no regular expression: {}", pattern, error.what()));
        }
    }
    return wanted;
}

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

std::string request_text(const SeenRequest& seen) {
    return fmt::format("{} {} → {}{}", seen.method, seen.path, seen.status,
                       seen.user.empty() ? "" : " by " + seen.user);
}

VerbResult expect_journal(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    VTPMLAB_TRY(const auto wanted, wanted_of(args));
    const auto patience =
        std::min(step.deadline, std::chrono::steady_clock::now() + journal_patience);
    for (;;) {
        VTPMLAB_TRY(const auto seen, context.lab().seen_requests());
        json requests = json::array();
        std::vector<std::string> others; // of the same service, for the failure
        std::set<std::string> services;
        for (const auto& request : seen) {
            services.insert(request.service);
            if (wanted.matches(request))
                requests.push_back({{"method", request.method},
                                    {"path", request.path},
                                    {"status", request.status},
                                    {"user", request.user}});
            else if (request.service == wanted.service)
                others.push_back(request_text(request));
        }
        const std::size_t count = requests.size();
        if (is_met(args, count))
            return json{{"count", count}, {"requests", std::move(requests)}};
        if (std::chrono::steady_clock::now() < patience) {
            VTPMLAB_CHECK(context.pause(step.deadline, "the journal", "no request came"));
            continue;
        }
        auto failure =
            unmet(report::Finding::unexpected_result,
                  fmt::format("{} request{} to {} {} these words", count, count == 1 ? "" : "s",
                              wanted.service, count == 1 ? "fits" : "fit"));
        failure.value().differences = {{"/count", bounds_text(args), std::to_string(count),
                                        step.args.place(args.contains("count") ? "/count" : "")}};
        constexpr std::size_t most_causes = 8;
        if (!services.count(wanted.service))
            failure.value().error.hint =
                fmt::format("the journal knows {}", fmt::join(services, ", "));
        else if (count == 0)
            for (std::size_t i = others.size() - std::min(others.size(), most_causes);
                 i < others.size(); ++i)
                failure.value().error.causes.push_back("seen: " + others[i]);
        return failure;
    }
}

VerbResult expect_warning(CaseContext& context, const StepCall& step) {
    const auto text = step.args.value.at("text").get<std::string>();
    for (const auto& server : context.servers())
        context.collect_warnings_of(server.id);
    const auto& warnings = context.warnings();
    const bool found = std::any_of(warnings.begin(), warnings.end(), [&](const auto& warning) {
        return warning.find(text) != std::string::npos;
    });
    if (found)
        return json::object();
    auto failure = unmet(report::Finding::unexpected_result, "no warning has this text");
    failure.value().differences = {
        {"", fmt::format("a warning with \"{}\"", text),
         warnings.empty() ? "no warning" : fmt::format("{}", fmt::join(warnings, "; ")),
         step.args.place("/text")}};
    return failure;
}

VerbResult expect_nothing(CaseContext& context, const StepCall& step) {
    if (const Status status = expect_nothing_left(context, step.deadline); !status) {
        StepFailure failure(status.error());
        if (failure.error.kind == ErrorKind::product)
            failure.finding = report::Finding::leftover;
        return tl::unexpected(std::move(failure));
    }
    return json::object();
}

constexpr std::array<VerbEntry, 4> entries = {{
    {"expect-secrets", expect_secrets},
    {"expect-journal", expect_journal},
    {"expect-warning", expect_warning},
    {"expect-nothing-left", expect_nothing},
}};

} // namespace

std::span<const VerbEntry> audit_verbs() { return entries; }

} // namespace vtpmlab::runner
