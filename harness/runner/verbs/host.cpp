// expect-domain, expect-host-secrets, libvirt-define, trait-list: what the hosts hold and say.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/guest_evidence.h"
#include "runner/verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

VerbResult expect_domain(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    VTPMLAB_TRY(const auto claim, read_domain(context, server));
    json found = json::object();
    if (claim)
        found["tpm"] = {
            {"version", claim->version}, {"model", claim->model}, {"secret", claim->secret}};
    return matched(
        only(step.args, {"tpm"}), std::move(found),
        fmt::format("the domain XML of server {} has another <tpm>", context.server_name(server)));
}

VerbResult expect_host_secrets(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(const auto all, context.lab().host_secrets());
    const auto host = step.args.value.value("host", std::string{});
    json secrets = json::array();
    for (const auto& held : all)
        if (host.empty() || held.host == host)
            secrets.push_back({{"host", held.host},
                               {"uuid", held.secret.uuid},
                               {"usage_name", held.secret.usage_name},
                               {"ephemeral", held.secret.ephemeral},
                               {"private", held.secret.is_private}});
    json found = {{"count", secrets.size()}, {"secrets", std::move(secrets)}};
    return matched(only(step.args, {"count", "secrets"}), std::move(found),
                   host.empty() ? "the hosts hold other libvirt secrets"
                                : fmt::format("host {} holds other libvirt secrets", host));
}

VerbResult libvirt_define(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto version_text = args.at("tpm").at("version").get<std::string>();
    const auto model_text = args.at("tpm").at("model").get<std::string>();
    const auto version = parse_tpm_version(version_text);
    const auto model = parse_tpm_model(model_text);
    if (!version || !model)
        return fail(ErrorKind::scenario,
                    fmt::format("no domain can be written for TPM {} {}", version_text, model_text),
                    {}, "version 1.2 or 2.0, model tpm-tis or tpm-crb");
    const Status status =
        context.lab().try_define(args.value("host", std::string{}), {*version, *model});
    if (status)
        return json{{"refused", false}};
    if (status.error().kind != ErrorKind::product)
        return fail(status.error());
    return json{{"refused", true}, {"message", status.error().message}};
}

VerbResult trait_list(CaseContext&, const StepCall& step) {
    const auto host = step.args.value.at("host").get<std::string>();
    ApiCall find;
    find.service = "placement";
    find.path = "/resource_providers?name=" + percent_encoded(host);
    find.microversion = "placement 1.6"; // the first with traits
    VTPMLAB_TRY(const auto providers, call(step.caller, find, step.deadline));
    if (!providers.is_success())
        return result_of(providers);
    const json& list = providers.body.at("resource_providers");
    if (list.empty())
        return unmet(report::Finding::unexpected_result,
                     fmt::format("placement knows no resource provider '{}'", host));
    ApiCall traits;
    traits.service = "placement";
    traits.path =
        fmt::format("/resource_providers/{}/traits", list.front().at("uuid").get<std::string>());
    traits.microversion = "placement 1.6";
    VTPMLAB_TRY(const auto answer, call(step.caller, traits, step.deadline));
    json result = result_of(answer);
    if (answer.is_success()) {
        auto names = answer.body.at("traits").get<std::vector<std::string>>();
        std::sort(names.begin(), names.end());
        result["traits"] = std::move(names);
    }
    return result;
}

constexpr std::array<VerbEntry, 4> entries = {{
    {"expect-domain", expect_domain},
    {"expect-host-secrets", expect_host_secrets},
    {"libvirt-define", libvirt_define},
    {"trait-list", trait_list},
}};

} // namespace

std::span<const VerbEntry> host_verbs() { return entries; }

} // namespace vtpmlab::runner
