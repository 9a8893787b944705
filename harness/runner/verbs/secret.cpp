// secret-store, secret-get, secret-get-payload, secret-delete, secret-acl-set: the key manager's
// own API, for what its policy allows to whom. A payload is made here, compared, and shown nowhere.

#include "client/session.h"
#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/secrets.h"
#include "runner/verb.h"

#include <vtpmlab/encoding.h>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string path_of(const StepCall& step) {
    return "/v1/secrets/" + percent_encoded(step.args.value.at("secret").get<std::string>());
}

// As the step's persona; with `anonymous` as somebody who knows the endpoint and has no token.
template <typename Ask>
auto as_caller(const StepCall& step, Ask ask) -> decltype(ask(step.caller)) {
    if (!step.args.value.value("anonymous", false))
        return ask(step.caller);
    VTPMLAB_TRY(auto catalog, step.caller.catalog());
    client::TokenSession nobody(SecretValue(), std::move(catalog));
    return ask(nobody);
}

Result<Answer> ask(const StepCall& step, ApiCall api_call) {
    api_call.service = "key-manager";
    return as_caller(
        step, [&](client::ServiceClient& caller) { return call(caller, api_call, step.deadline); });
}

VerbResult secret_store(CaseContext& context, const StepCall& step) {
    // As Nova stores its passphrases. spec: nova-vtpm §6.4
    const std::string payload = random_uuid();
    ApiCall store;
    store.method = "POST";
    store.path = "/v1/secrets";
    store.body = client::Body::json({{"name", step.args.value.at("name")},
                                     {"secret_type", "passphrase"},
                                     {"payload", base64_encode(payload)},
                                     {"payload_content_type", "application/octet-stream"},
                                     {"payload_content_encoding", "base64"}});
    VTPMLAB_TRY(const auto answer, ask(step, std::move(store)));
    json result = result_of(answer);
    if (answer.is_success()) {
        const auto ref = answer.body.at("secret_ref").get<std::string>();
        const std::string id = ref.substr(ref.rfind('/') + 1);
        context.stored_payloads[id] = SecretValue(payload);
        result["id"] = id;
    }
    return result;
}

VerbResult secret_get(CaseContext&, const StepCall& step) {
    ApiCall show;
    show.path = path_of(step);
    VTPMLAB_TRY(const auto answer, ask(step, std::move(show)));
    json result = result_of(answer);
    if (answer.is_success())
        result["name"] = answer.body.at("name");
    return result;
}

VerbResult secret_get_payload(CaseContext& context, const StepCall& step) {
    const auto id = step.args.value.at("secret").get<std::string>();
    VTPMLAB_TRY(const auto answer, as_caller(step, [&](client::ServiceClient& caller) {
                    return ask_payload(caller, id, step.deadline);
                }));
    if (!answer.payload)
        return json{{"status", answer.status}, {"message", answer.message}};
    const auto stored = context.stored_payloads.find(id);
    if (stored != context.stored_payloads.end() && !(stored->second == *answer.payload))
        return unmet(report::Finding::unexpected_result,
                     "the key manager gave another payload than was stored");
    return json{{"status", answer.status}};
}

VerbResult secret_delete(CaseContext&, const StepCall& step) {
    ApiCall remove;
    remove.method = "DELETE";
    remove.path = path_of(step);
    VTPMLAB_TRY(const auto answer, ask(step, std::move(remove)));
    return result_of(answer);
}

VerbResult secret_acl_set(CaseContext& context, const StepCall& step) {
    json users = json::array();
    for (const auto& persona : step.args.value.value("users", json::array())) {
        VTPMLAB_TRY(auto* session, context.session(persona.get<std::string>()));
        VTPMLAB_TRY(const auto id, session->user_id());
        users.push_back(id);
    }
    ApiCall put;
    put.method = "PUT";
    put.path = path_of(step) + "/acl";
    put.body =
        client::Body::json({{"read",
                             {{"users", std::move(users)},
                              {"project-access", step.args.value.value("project_access", true)}}}});
    VTPMLAB_TRY(const auto answer, ask(step, std::move(put)));
    return result_of(answer);
}

constexpr std::array<VerbEntry, 5> entries = {{
    {"secret-store", secret_store},
    {"secret-get", secret_get},
    {"secret-get-payload", secret_get_payload},
    {"secret-delete", secret_delete},
    {"secret-acl-set", secret_acl_set},
}};

} // namespace

std::span<const VerbEntry> secret_verbs() { return entries; }

} // namespace vtpmlab::runner
