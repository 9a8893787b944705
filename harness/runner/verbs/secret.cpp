// secret-delete, secret-grant: what people do to a secret past Nova.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/verb.h"

#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

std::string path_of(const StepCall& step) {
    return "/v1/secrets/" + percent_encoded(step.args.value.at("secret").get<std::string>());
}

VerbResult remove(CaseContext&, const StepCall& step) {
    ApiCall request;
    request.service = "key-manager";
    request.method = "DELETE";
    request.path = path_of(step);
    VTPMLAB_TRY(const auto answer, call(step.caller, request, step.deadline));
    return result_of(answer);
}

// Barbican knows people by the id of their user.
// spec: nova-vtpm §KEY-5
VerbResult grant(CaseContext& context, const StepCall& step) {
    json users = json::array();
    for (const auto& persona : step.args.value.at("to")) {
        VTPMLAB_TRY(auto* const session, context.session(persona.get<std::string>()));
        VTPMLAB_TRY(auto id, session->user_id());
        users.push_back(std::move(id));
    }
    ApiCall request;
    request.service = "key-manager";
    request.method = "PUT";
    request.path = path_of(step) + "/acl";
    request.body = client::Body::json({{"read", {{"users", users}, {"project-access", true}}}});
    VTPMLAB_TRY(const auto answer, call(step.caller, request, step.deadline));
    return result_of(answer);
}

constexpr std::array<VerbEntry, 2> entries = {{
    {"secret-delete", remove},
    {"secret-grant", grant},
}};

} // namespace

std::span<const VerbEntry> secret_verbs() { return entries; }

} // namespace vtpmlab::runner
