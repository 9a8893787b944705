// expect-domain, expect-host-secrets, expect-tpm-state, libvirt-define, trait-list: what the hosts
// hold and say.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/guest_evidence.h"
#include "runner/secrets.h"
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

// The same length, the same alphabet, and nobody's.
SecretValue another_passphrase(const SecretValue& passphrase) {
    std::vector<unsigned char> bytes(passphrase.bytes().begin(), passphrase.bytes().end());
    if (!bytes.empty())
        bytes.front() = bytes.front() == 'A' ? 'B' : 'A';
    return SecretValue(std::move(bytes));
}

VerbResult expect_tpm_state(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    const std::string name = context.server_name(server);
    VTPMLAB_TRY(const auto ports, context.lab().guest_ports(server));
    VTPMLAB_TRY(HostMachine* const machine, context.lab().machine(ports.host));
    VTPMLAB_TRY(const auto states, machine->tpm_states());
    const auto state = std::ranges::find_if(
        states, [&](const TpmStateInfo& info) { return info.directory.filename() == server; });
    if (state == states.end())
        return unmet(report::Finding::unexpected_result,
                     fmt::format("server {} has no TPM state on host {}", name, ports.host));
    VTPMLAB_TRY(const auto secrets, list_secrets(step.caller, step.deadline));
    VTPMLAB_TRY(const auto own,
                secret_of_server(step.caller, step.step.by, server, secrets, step.deadline));
    VTPMLAB_TRY(const bool opens, machine->opens_tpm_state(server, own.passphrase));
    VTPMLAB_TRY(const bool opens_with_another,
                machine->opens_tpm_state(server, another_passphrase(own.passphrase)));
    json expected = {
        {"encrypted", true}, {"opens_with_its_passphrase", true}, {"opens_with_another", false}};
    json found = {{"owner", state->owner},
                  {"encrypted", state->is_encrypted},
                  {"opens_with_its_passphrase", opens},
                  {"opens_with_another", opens_with_another}};
    if (step.args.value.contains("owner"))
        expected["owner"] = step.args.value.at("owner");
    // The model has no directories, so of their modes it knows nothing that could be wrong.
    if (context.depth() == Depth::guest) {
        found["mode"] = fmt::format("{:04o}", state->mode);
        found["root_mode"] = fmt::format("{:04o}", state->root_mode);
        expected["mode"] = "0700";
        if (step.args.value.contains("root_mode"))
            expected["root_mode"] = step.args.value.at("root_mode");
    } else {
        found["mode"] = nullptr;
        found["root_mode"] = nullptr;
        step.notes.emplace_back("model: the modes of the directories are not looked at");
    }
    step.notes.push_back(
        fmt::format("{}: the TPM state of server {} is {}'s, {}",
                    context.depth() == Depth::guest ? "swtpm" : "model", name, state->owner,
                    opens && !opens_with_another ? "and opens with its own passphrase only"
                                                 : "and is not what it must be"));
    return matched(
        scenario::Located{std::move(expected), step.args.places, step.args.keys}, std::move(found),
        fmt::format("the TPM state of server {} on host {} is not safe", name, ports.host));
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

constexpr std::array<VerbEntry, 5> entries = {{
    {"expect-domain", expect_domain},
    {"expect-host-secrets", expect_host_secrets},
    {"expect-tpm-state", expect_tpm_state},
    {"libvirt-define", libvirt_define},
    {"trait-list", trait_list},
}};

} // namespace

std::span<const VerbEntry> host_verbs() { return entries; }

} // namespace vtpmlab::runner
