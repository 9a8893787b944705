#pragma once
// POST /servers/{id}/action: the body's one key names what is asked. Families of actions are tables
// in api/actions; the order of checks is Nova's: schema, server, policy, what a vTPM forbids, lock,
// state.
// spec: nova-vtpm §LIF-0a

#include "cloud/api/api.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_schemas.h"
#include "cloud/state/state_rules.h"
#include "http/schema.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::cloud {

struct ActionCall {
    Api& api;
    const http::Request& request;
    const ServerRecord& server; // as it was when the request came
    const nlohmann::json& body; // under the action's key
};

// The schemas of one action's whole body; most have only one.
struct BodySchemas {
    BodySchemas() = default;
    BodySchemas(std::string always) : history{{1, std::move(always)}} {}
    BodySchemas(SchemaHistory changing) : history(std::move(changing)) {}
    SchemaHistory history;
};

struct ServerAction {
    std::string name; // "os-getConsoleOutput"
    BodySchemas schemas;
    std::string_view rule; // of the policy
    Need need = Need::project_member;
    std::function<http::Outcome<http::Response>(const ActionCall&)> run;
};

[[nodiscard]] std::vector<ServerAction> console_actions();
[[nodiscard]] std::vector<ServerAction> power_actions();
[[nodiscard]] std::vector<ServerAction> lock_actions();
[[nodiscard]] std::vector<ServerAction> move_actions();
[[nodiscard]] std::vector<ServerAction> rebuild_actions();
[[nodiscard]] std::vector<ServerAction> shelve_actions();
[[nodiscard]] std::vector<ServerAction> image_actions();
[[nodiscard]] std::vector<ServerAction> state_actions();

// What an image made of the server is told about it. `type` is "snapshot" or "backup".
// spec: nova-vtpm §LIF-SNP-2
// spec: nova-vtpm §LIF-SNP-3
[[nodiscard]] Properties snapshot_properties(const ServerRecord& server, const char* type);

// {"NAME": null} and the like: a value nobody looks at.
[[nodiscard]] std::string bare_schema(std::string_view name);
// {"NAME": SCHEMA}
[[nodiscard]] std::string body_schema(std::string_view name, std::string_view schema);

// 400 (409 in old releases) when the server has a vTPM.
[[nodiscard]] http::Outcome<void> refuse_for_vtpm(const ActionCall& call,
                                                  std::string_view operation);
// The 409s alone, for an operation that looks at more before it begins.
[[nodiscard]] http::Outcome<void> check_state(const ActionCall& call, std::string_view rule);
// The 409s; then the task of the rule is set, and `change` made, at one moment. The record
// as it is after that.
[[nodiscard]] http::Outcome<ServerRecord> begin(
    const ActionCall& call, std::string_view rule,
    const std::function<void(ServerRecord&)>& change = [](ServerRecord&) {});

// begin(), the action on record, the operation under way on the server's host: 202.
[[nodiscard]] http::Outcome<http::Response> cast(const ActionCall& call, std::string_view rule,
                                                 const std::string& action, Operation operation);

} // namespace vtpmlab::cloud
