// expect-migration, expect-allocations: where a server went, and what it takes of which host.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/servers.h"
#include "runner/verb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// Allocations follow a server's status, some of them a moment later.
constexpr std::chrono::seconds placement_patience{2};

bool is_final(const std::string& status) {
    static const std::set<std::string> final_ones = {"completed", "confirmed", "reverted",
                                                     "failed",    "error",     "cancelled"};
    return final_ones.contains(status);
}

// Null when the server was never moved.
Result<json> newest_migration(const StepCall& step, const std::string& server) {
    ApiCall list;
    list.service = "compute";
    list.path = "/os-migrations?instance_uuid=" + percent_encoded(server);
    list.microversion = newest_compute;
    VTPMLAB_TRY(const auto answer, must(step.caller, list, step.deadline));
    const json& all = answer.body.at("migrations");
    const auto newest = std::ranges::max_element(
        all, [](const json& a, const json& b) { return a.at("id") < b.at("id"); });
    return newest == all.end() ? json() : *newest;
}

VerbResult expect_migration(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto id = args.at("server").get<std::string>();
    const auto wanted = args.at("status").get<std::string>();
    const std::string name = context.server_name(id);
    std::string seen = "there is none";
    for (;;) {
        VTPMLAB_TRY(const json migration, newest_migration(step, id));
        if (migration.is_object()) {
            const auto status = migration.at("status").get<std::string>();
            seen = fmt::format("it is {}", status);
            if (status == wanted || is_final(status)) {
                json found = {{"uuid", migration.at("uuid")},
                              {"migration_status", status},
                              {"type", migration.at("migration_type")},
                              {"from", migration.at("source_compute")},
                              {"to", migration.at("dest_compute")}};
                scenario::Located expected = only(step.args, {"type", "from", "to"});
                expected.value["migration_status"] = wanted;
                expected.places["/migration_status"] = step.args.place("/status");
                return matched(expected, std::move(found),
                               fmt::format("the newest migration of server {} is another", name));
            }
        }
        VTPMLAB_CHECK(context.pause(
            step.deadline, fmt::format("the newest migration of server {} to be {}", name, wanted),
            seen));
    }
}

// The hosts on which that server, or migration, holds something.
Result<std::set<std::string>> hosts_of(const StepCall& step, const std::string& consumer) {
    ApiCall show;
    show.service = "placement";
    show.path = "/allocations/" + percent_encoded(consumer);
    show.microversion = "placement 1.28";
    VTPMLAB_TRY(const auto answer, must(step.caller, show, step.deadline));
    std::set<std::string> hosts;
    for (const auto& [provider, ignored] : answer.body.at("allocations").items()) {
        show.path = "/resource_providers/" + percent_encoded(provider);
        VTPMLAB_TRY(const auto shown, must(step.caller, show, step.deadline));
        hosts.insert(shown.body.at("name").get<std::string>());
    }
    return hosts;
}

VerbResult expect_allocations(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto consumer = args.at("consumer").get<std::string>();
    const auto wanted = args.at("hosts").get<std::set<std::string>>();
    const auto patience =
        std::min(step.deadline, std::chrono::steady_clock::now() + placement_patience);
    for (;;) {
        VTPMLAB_TRY(const auto hosts, hosts_of(step, consumer));
        if (hosts == wanted)
            return json{{"hosts", hosts}};
        if (std::chrono::steady_clock::now() >= patience) {
            auto failure = unmet(
                report::Finding::unexpected_result,
                fmt::format("{} holds something on other hosts", context.server_name(consumer)));
            failure.value().differences = {
                {"/hosts", json(wanted).dump(), json(hosts).dump(), step.args.place("/hosts")}};
            return failure;
        }
        VTPMLAB_CHECK(context.pause(step.deadline, "placement", "the allocations are others"));
    }
}

constexpr std::array<VerbEntry, 2> entries = {{
    {"expect-migration", expect_migration},
    {"expect-allocations", expect_allocations},
}};

} // namespace

std::span<const VerbEntry> migration_verbs() { return entries; }

} // namespace vtpmlab::runner
