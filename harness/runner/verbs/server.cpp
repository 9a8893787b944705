// server-create, server-show, server-delete, expect-server, expect-servers.

#include "core/text.h"
#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/servers.h"
#include "runner/verb.h"

#include <fmt/format.h>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string compute_version(const json& args) {
    return args.contains("microversion") ? "compute " + args["microversion"].get<std::string>()
                                         : newest_compute;
}

// 2.37 made networks a thing that must be named; "none" is what a server here has.
bool knows_networks(const json& args) {
    if (!args.contains("microversion"))
        return true;
    const auto text = args["microversion"].get<std::string>();
    return text.rfind("2.", 0) == 0 && std::stoi(text.substr(2)) >= 37;
}

// Puts what a server's body says into a step's result.
void flatten(json& result, const json& server) {
    for (const char* key : {"id", "name"})
        if (server.contains(key))
            result[key] = server[key];
    if (server.contains("status"))
        result["server_status"] = server["status"];
    if (server.contains("fault"))
        result["fault"] = server["fault"];
    if (server.contains("OS-EXT-SRV-ATTR:host"))
        result["host"] = server["OS-EXT-SRV-ATTR:host"];
}

// Nova answers a request for several servers with the first one's id; the others are found by the
// names it gives them: NAME-1, NAME-2, …
Result<json> ids_of_all(const StepCall& step, const std::string& name) {
    VTPMLAB_TRY(const auto servers,
                list_servers(step.caller,
                             "/servers?name=" + percent_encoded("^" + name + "-[0-9]+$"),
                             step.deadline));
    json ids = json::object();
    for (const auto& server : servers)
        ids[server.at("name").get<std::string>()] = server.at("id");
    return ids;
}

VerbResult server_create(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto name = args.at("name").get<std::string>();
    json server = {
        {"name", name}, {"flavorRef", args.at("flavor")}, {"imageRef", args.at("image")}};
    for (const char* key : {"min_count", "max_count", "host"})
        if (args.contains(key))
            server[key] = args[key];
    if (knows_networks(args))
        server["networks"] = "none";
    ApiCall create;
    create.service = "compute";
    create.method = "POST";
    create.path = "/servers";
    create.microversion = compute_version(args);
    create.body = client::Body::json({{"server", server}});
    VTPMLAB_TRY(const auto answer, call(step.caller, create, step.deadline));
    json result = result_of(answer);
    if (!answer.is_success())
        return result;
    flatten(result, answer.body.at("server"));
    result["name"] = name;
    json ids = {{name, result["id"]}};
    const int most = args.value("max_count", args.value("min_count", 1));
    if (most > 1) {
        VTPMLAB_TRY(ids, ids_of_all(step, name));
    }
    for (const auto& [one, id] : ids.items())
        context.remember_server({id.get<std::string>(), one, step.step.by});
    result["ids"] = std::move(ids);
    return result;
}

VerbResult server_show(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    VTPMLAB_TRY(const auto answer, show_server(step.caller, args.at("server").get<std::string>(),
                                               compute_version(args), step.deadline));
    json result = result_of(answer);
    if (answer.is_success())
        flatten(result, answer.body.at("server"));
    return result;
}

VerbResult server_delete(CaseContext& context, const StepCall& step) {
    const auto id = step.args.value.at("server").get<std::string>();
    // Its console and domain go with it, and are worth keeping.
    context.keep_evidence_of(id);
    ApiCall remove;
    remove.service = "compute";
    remove.method = "DELETE";
    remove.path = "/servers/" + percent_encoded(id);
    remove.microversion = newest_compute;
    VTPMLAB_TRY(const auto answer, call(step.caller, remove, step.deadline));
    if (answer.is_success() && step.args.value.value("wait", true))
        VTPMLAB_CHECK(wait_until_deleted(context, step.caller, id, step.deadline));
    return result_of(answer);
}

VerbResult expect_server(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto id = args.at("server").get<std::string>();
    const auto wanted = args.at("status").get<std::string>();
    const std::string waiting_for =
        fmt::format("server {} to be {}", context.server_name(id), wanted);
    json server;
    for (;;) {
        VTPMLAB_TRY(const auto answer, show_server(step.caller, id, newest_compute, step.deadline));
        if (answer.status == 404 && wanted == "DELETED") {
            context.forget_server(id);
            return json{{"status", 404}, {"server_status", "DELETED"}};
        }
        if (!answer.is_success())
            return unmet(report::Finding::unexpected_result,
                         fmt::format("server {} cannot be shown: the compute API answered {}: {}",
                                     context.server_name(id), answer.status, answer.message));
        server = answer.body.at("server");
        const std::string status = server.value("status", std::string{});
        // What somebody works on is not yet what it will be. After that neither an ERROR nor, when
        // one is expected, an ACTIVE server changes by itself.
        const bool is_at_rest = server.value("OS-EXT-STS:task_state", json()).is_null();
        if (is_at_rest &&
            (status == wanted || status == "ERROR" || (status == "ACTIVE" && wanted == "ERROR")))
            break;
        VTPMLAB_CHECK(context.pause(step.deadline, waiting_for,
                                    fmt::format("it is {}", status_text(server))));
    }
    json result = {{"status", 200}};
    flatten(result, server);
    scenario::Located expected = only(step.args, {"host", "fault"});
    expected.value["server_status"] = wanted;
    expected.places["/server_status"] = step.args.place("/status");
    return matched(expected, std::move(result),
                   fmt::format("server {} is {}", context.server_name(id), status_text(server)));
}

// Looks once: what was asked for and refused is there at once, or it is not.
VerbResult expect_servers(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    VTPMLAB_TRY(const auto servers,
                list_servers(step.caller, "/servers/detail?limit=1000", step.deadline));
    json fitting = json::array();
    std::string seen;
    for (const auto& server : servers) {
        const auto name = server.value("name", std::string{});
        const auto status = server.value("status", std::string{});
        seen += fmt::format("{}{} ({})", seen.empty() ? "" : ", ", printable(name, 80), status);
        if (args.value("name", name) == name && args.value("status", status) == status)
            fitting.push_back({{"id", server.at("id")}, {"name", name}, {"server_status", status}});
    }
    json found = {{"count", fitting.size()}, {"servers", std::move(fitting)}};
    return matched(only(step.args, {"count"}), std::move(found),
                   fmt::format("persona {} sees {}", step.step.by,
                               seen.empty() ? "no server" : "these servers: " + seen));
}

constexpr std::array<VerbEntry, 5> entries = {{
    {"server-create", server_create},
    {"server-show", server_show},
    {"server-delete", server_delete},
    {"expect-server", expect_server},
    {"expect-servers", expect_servers},
}};

} // namespace

std::span<const VerbEntry> server_verbs() { return entries; }

} // namespace vtpmlab::runner
