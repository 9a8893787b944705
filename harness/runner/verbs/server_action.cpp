// Everything that POST /servers/{id}/action does, and expect-action: how it went.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/servers.h"
#include "runner/verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// The action's key in the body, and how its value comes from a step's arguments.
struct Action {
    std::string_view verb;
    const char* key;
    json (*body)(const json& args);
};

json nothing(const json&) { return nullptr; }

// The minor of 2.N that a step asks in; without one it is the newest.
int minor_of(const json& args) {
    const auto text = args.value("microversion", std::string());
    int minor = std::numeric_limits<int>::max();
    if (text.starts_with("2."))
        std::from_chars(text.data() + 2, text.data() + text.size(), minor);
    return minor;
}

json migrate_live(const json& args) {
    json body = {{"host", args.value("host", json())}};
    // 2.25 made the way of moving the disk the cloud's to choose, and dropped the other key.
    if (minor_of(args) >= 25)
        body["block_migration"] = "auto";
    else
        body["block_migration"] = body["disk_over_commit"] = false;
    if (args.contains("force"))
        body["force"] = args["force"];
    return body;
}

constexpr std::array<Action, 26> actions = {{
    {"server-stop", "os-stop", nothing},
    {"server-start", "os-start", nothing},
    {"server-reboot", "reboot",
     [](const json& args) {
         return json{{"type", args.value("type", "SOFT")}};
     }},
    {"server-pause", "pause", nothing},
    {"server-unpause", "unpause", nothing},
    {"server-suspend", "suspend", nothing},
    {"server-resume", "resume", nothing},
    {"server-lock", "lock", nothing},
    {"server-unlock", "unlock", nothing},
    {"server-resize", "resize",
     [](const json& args) {
         return json{{"flavorRef", args.at("flavor")}};
     }},
    {"server-resize-confirm", "confirmResize", nothing},
    {"server-resize-revert", "revertResize", nothing},
    {"server-migrate", "migrate",
     [](const json& args) {
         return args.contains("host") ? json{{"host", args["host"]}} : json();
     }},
    {"server-migrate-live", "os-migrateLive", migrate_live},
    {"server-evacuate", "evacuate",
     [](const json& args) {
         // 2.14 has the cloud find out itself.
         return minor_of(args) >= 14 ? json::object() : json{{"onSharedStorage", false}};
     }},
    {"server-rebuild", "rebuild",
     [](const json& args) {
         return json{{"imageRef", args.at("image")}};
     }},
    {"server-shelve", "shelve", nothing},
    {"server-unshelve", "unshelve", nothing},
    {"server-rescue", "rescue",
     [](const json& args) {
         return args.contains("image") ? json{{"rescue_image_ref", args["image"]}} : json();
     }},
    {"server-unrescue", "unrescue", nothing},
    {"server-image-create", "createImage",
     [](const json& args) {
         return json{{"name", args.at("name")}};
     }},
    {"server-backup", "createBackup",
     [](const json& args) {
         return json{{"name", args.at("name")},
                     {"backup_type", args.value("type", "daily")},
                     {"rotation", args.value("rotation", 1)}};
     }},
    {"server-console", "os-getConsoleOutput",
     [](const json& args) {
         return args.contains("lines") ? json{{"length", args["lines"]}} : json::object();
     }},
    {"server-set-state", "os-resetState",
     [](const json& args) {
         return json{{"state", args.at("state")}};
     }},
    {"server-force-delete", "forceDelete", nothing},
    {"server-restore", "restore", nothing},
}};

VerbResult act(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    const auto* action = std::find_if(actions.begin(), actions.end(), [&](const Action& one) {
        return one.verb == step.step.verb;
    });
    ApiCall post;
    post.service = "compute";
    post.method = "POST";
    post.path =
        fmt::format("/servers/{}/action", percent_encoded(args.at("server").get<std::string>()));
    post.microversion = args.contains("microversion")
                            ? "compute " + args["microversion"].get<std::string>()
                            : std::string(newest_compute);
    post.body = client::Body::json({{action->key, action->body(args)}});
    VTPMLAB_TRY(const auto answer, call(step.caller, post, step.deadline));
    json result = result_of(answer);
    if (answer.is_success() && answer.body.is_object() && answer.body.contains("image_id"))
        result["image"] = answer.body["image_id"];
    if (answer.is_success() && answer.body.is_object() && answer.body.contains("output"))
        result["output"] = answer.body["output"];
    return result;
}

// The newest action of that name; null when there is none.
Result<json> newest_action(const StepCall& step, const std::string& path, const std::string& name) {
    ApiCall list;
    list.service = "compute";
    list.path = path;
    list.microversion = newest_compute;
    VTPMLAB_TRY(const auto listed, must(step.caller, list, step.deadline));
    for (const auto& action : listed.body.at("instanceActions")) {
        if (action.at("action") != name)
            continue;
        list.path = path + "/" + percent_encoded(action.at("request_id").get<std::string>());
        VTPMLAB_TRY(const auto shown, must(step.caller, list, step.deadline));
        return shown.body.at("instanceAction");
    }
    return json();
}

VerbResult expect_action(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto id = args.at("server").get<std::string>();
    const auto name = args.at("action").get<std::string>();
    const auto event_name = args.at("event").get<std::string>();
    const auto path = fmt::format("/servers/{}/os-instance-actions", percent_encoded(id));
    std::string seen = "nobody has asked for it";
    for (;;) {
        VTPMLAB_TRY(const json action, newest_action(step, path, name));
        if (action.is_object()) {
            seen = "it has not come to that step";
            for (const auto& event : action.at("events")) {
                if (event.at("event") != event_name)
                    continue;
                seen = "that step has not ended";
                if (event.at("result").is_null())
                    continue;
                json result = {{"result", event["result"]}};
                if (event.contains("details") && event["details"].is_string())
                    result["details"] = event["details"];
                return matched(only(step.args, {"result", "details"}), std::move(result),
                               fmt::format("{} of server {} ended in another way", event_name,
                                           context.server_name(id)));
            }
        }
        VTPMLAB_CHECK(context.pause(
            step.deadline,
            fmt::format("{} of action {} on server {}", event_name, name, context.server_name(id)),
            seen));
    }
}

constexpr auto entries = [] {
    std::array<VerbEntry, actions.size() + 1> all{};
    for (std::size_t i = 0; i < actions.size(); ++i)
        all[i] = {actions[i].verb, act};
    all.back() = {"expect-action", expect_action};
    return all;
}();

} // namespace

std::span<const VerbEntry> server_action_verbs() { return entries; }

} // namespace vtpmlab::runner
