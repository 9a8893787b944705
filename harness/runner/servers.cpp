#include "runner/servers.h"

#include "core/text.h"
#include "scenario/known_leaks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds look_again{50};

std::string leftover_text(const Leftover& leftover) {
    std::string text = fmt::format("{} {}", leftover.store, leftover.what);
    if (!leftover.host.empty())
        text += " on " + leftover.host;
    return text;
}

// Takes the known ones out of `left`; the ids of those that are not there, or not often enough.
std::vector<std::string> take_findings(const std::vector<KnownFinding>& findings,
                                       std::vector<Leftover>& left) {
    std::vector<std::string> missing;
    for (const auto& finding : findings) {
        const auto is_it = [&](const Leftover& entry) {
            return entry.store == finding.store &&
                   (finding.host.empty() || entry.host == finding.host);
        };
        const auto* known = scenario::find_known_leak(finding.id);
        if (known != nullptr && known->comes_by_chance) {
            std::erase_if(left, is_it);
            continue;
        }
        for (std::size_t i = 0; i < finding.count; ++i) {
            const auto found = std::find_if(left.begin(), left.end(), is_it);
            if (found == left.end()) {
                missing.push_back(finding.id);
                break;
            }
            left.erase(found);
        }
    }
    return missing;
}

} // namespace

Result<Answer> show_server(client::Session& session, const std::string& id,
                           const std::string& microversion, Deadline deadline) {
    ApiCall api_call;
    api_call.service = "compute";
    api_call.path = "/servers/" + percent_encoded(id);
    api_call.microversion = microversion;
    return call(session, api_call, deadline);
}

// A page has a thousand of them at most, and a link when there are more.
Result<std::vector<json>> list_servers(client::Session& session, const std::string& path,
                                       Deadline deadline) {
    ApiCall list;
    list.service = "compute";
    list.path = path;
    list.microversion = newest_compute;
    std::vector<json> servers;
    std::set<std::string> ids;
    for (;;) {
        VTPMLAB_TRY(const auto answer, must(session, list, deadline));
        const auto known = ids.size();
        std::string last;
        for (const auto& server : answer.body.value("servers", json::array())) {
            last = server.at("id");
            if (ids.insert(last).second)
                servers.push_back(server);
        }
        if (!answer.body.contains("servers_links"))
            return servers;
        if (ids.size() == known)
            return fail(ErrorKind::product,
                        "the compute API lists the same servers on two pages of one list",
                        "GET " + list.path);
        list.path = path + "&marker=" + percent_encoded(last);
    }
}

std::string status_text(const json& server) {
    std::string text = server.value("status", std::string{"no status"});
    if (const auto fault = server.find("fault"); fault != server.end() && fault->is_object())
        text += ": " + printable(fault->value("message", std::string{}), 300);
    return text;
}

Status wait_until_deleted(CaseContext& context, client::Session& session, const std::string& id,
                          Deadline deadline) {
    std::string seen = "nothing was seen of it";
    for (;;) {
        VTPMLAB_TRY(const auto answer, show_server(session, id, newest_compute, deadline));
        if (answer.status == 404) {
            context.forget_server(id);
            return {};
        }
        if (!answer.is_success())
            seen = fmt::format("the compute API answered {}: {}", answer.status, answer.message);
        else if (answer.body.is_object() && answer.body.contains("server"))
            seen = fmt::format("it is still there, {}", status_text(answer.body["server"]));
        VTPMLAB_CHECK(context.pause(
            deadline, fmt::format("server {} to be deleted", context.server_name(id)), seen));
    }
}

Status delete_all_servers(CaseContext& context, Deadline deadline) {
    Status first;
    std::vector<KnownServer> accepted;
    for (const auto& server : context.servers()) {
        if (server.is_deleted)
            continue;
        auto session = context.session(server.persona);
        if (!session)
            return fail(std::move(session).error());
        ApiCall api_call;
        api_call.service = "compute";
        api_call.method = "DELETE";
        api_call.path = "/servers/" + percent_encoded(server.id);
        api_call.microversion = newest_compute;
        const auto answer = call(**session, api_call, deadline);
        Status status;
        if (!answer)
            status = fail(answer.error());
        else if (!answer->is_success() && answer->status != 404)
            status =
                fail(ErrorKind::product, fmt::format("server {} cannot be deleted: {} {}",
                                                     server.name, answer->status, answer->message));
        if (status)
            accepted.push_back(server);
        else if (first)
            first = std::move(status);
    }
    for (const auto& server : accepted) {
        VTPMLAB_TRY(auto* session, context.session(server.persona));
        if (auto gone = wait_until_deleted(context, *session, server.id, deadline); !gone && first)
            first = std::move(gone);
    }
    return first;
}

Status expect_nothing_left(CaseContext& context, Deadline deadline,
                           const std::vector<std::string>& stores) {
    const auto is_not_asked_for = [&](const auto& entry) {
        return !stores.empty() && std::ranges::find(stores, entry.store) == stores.end();
    };
    auto findings = context.known_findings;
    std::erase_if(findings, is_not_asked_for);
    for (;;) {
        VTPMLAB_TRY(auto left, context.lab().leftovers());
        std::erase_if(left, is_not_asked_for);
        const auto missing = take_findings(findings, left);
        if (left.empty() && missing.empty())
            return {};
        if (std::chrono::steady_clock::now() < deadline) {
            // What is left must be known all the same when somebody interrupts; when he does so
            // twice, what is there now will do.
            if (context.pause(deadline, "nothing to be left", ""))
                continue;
            if (context.interruption().urgency() != Interruption::Urgency::hurried) {
                std::this_thread::sleep_for(look_again);
                continue;
            }
        }
        Error error;
        error.kind = ErrorKind::product;
        if (left.empty()) {
            error.message = fmt::format("finding {} has disappeared", missing.front());
            error.hint = "it is a leak of Nova's that the reference names; when it is mended, take "
                         "expect-finding out of the scenario";
            return fail(std::move(error));
        }
        error.message = left.size() == 1 ? "left behind: " + leftover_text(left.front())
                                         : fmt::format("{} things are left behind", left.size());
        if (left.size() > 1)
            for (const auto& leftover : left)
                error.causes.push_back("left behind: " + leftover_text(leftover));
        return fail(std::move(error));
    }
}

} // namespace vtpmlab::runner
