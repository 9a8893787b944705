// expect-tpm, expect-no-tpm, expect-distinct-tpms: what the guest says about its TPM.

#include "evidence/guest_report.h"
#include "evidence/judge.h"
#include "runner/case_context.h"
#include "runner/expectation.h"
#include "runner/guest_evidence.h"
#include "runner/secrets.h"
#include "runner/verb.h"

#include <fmt/format.h>

#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using Kind = report::Finding;

constexpr const char* model_note = "model: the domain XML {}; no guest was asked";

tl::unexpected<StepFailure> objected(const CaseContext& context, const std::string& server,
                                     const Verdict& verdict, const std::string& what) {
    auto failure = unmet(Kind::wrong_tpm, what,
                         "read " + context.evidence_file("probe", server, "json").string() +
                             " for every witness");
    failure.value().error.causes = objections(verdict);
    if (failure.value().error.causes.empty())
        for (const auto& testimony : verdict.testimonies)
            failure.value().error.causes.push_back(
                fmt::format("{}: {}", testimony.witness, testimony.observed));
    return failure;
}

VerbResult expect_tpm_in_domain(CaseContext& context, const StepCall& step,
                                const std::string& server) {
    VTPMLAB_TRY(const auto claim, read_domain(context, server));
    if (!claim)
        return unmet(Kind::wrong_tpm, fmt::format("the domain XML of server {} has no <tpm>",
                                                  context.server_name(server)));
    auto result = matched(
        only(step.args, {"version", "model"}),
        {{"version", claim->version}, {"model", claim->model}},
        fmt::format("the domain XML of server {} has another TPM", context.server_name(server)),
        Kind::wrong_tpm);
    if (!result)
        return result;
    step.notes.push_back(fmt::format(fmt::runtime(model_note),
                                     fmt::format("asks for {} {}", claim->version, claim->model)));
    // Nobody read an endorsement key, so there is none to compare with.
    (*result)["ek_fingerprint"] = nullptr;
    (*result)["report"] = nullptr;
    return result;
}

VerbResult expect_tpm(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    if (context.depth() == Depth::model)
        return expect_tpm_in_domain(context, step, server);
    VTPMLAB_TRY(const auto evidence, ask_guest(context, server, step.deadline));
    const Verdict& verdict = evidence.verdict;
    const std::string name = context.server_name(server);
    if (!verdict.tpm)
        return objected(context, server, verdict,
                        verdict.finding == Finding::no_tpm
                            ? fmt::format("the guest of server {} has no TPM", name)
                            : fmt::format("the guest of server {} does not prove a TPM", name));
    auto result = matched(
        only(step.args, {"version", "model"}),
        {{"version", to_string(verdict.tpm->version)}, {"model", to_string(verdict.tpm->model)}},
        fmt::format("the guest of server {} has another TPM", name), Kind::wrong_tpm);
    if (!result)
        return result;
    if (!verdict.is_clean())
        return objected(context, server, verdict,
                        fmt::format("the evidence from the guest of server {} is not sound", name));
    const auto& key = evidence.report.endorsement_key.value;
    step.notes.push_back("guest: " + summary(verdict));
    if (key)
        step.notes.push_back("guest: endorsement key " + key->fingerprint);
    (*result)["ek_fingerprint"] = key ? json(key->fingerprint) : json();
    (*result)["report"] = to_json(evidence.report);
    return result;
}

VerbResult expect_no_tpm(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    const std::string name = context.server_name(server);
    if (context.depth() == Depth::model) {
        VTPMLAB_TRY(const auto claim, read_domain(context, server));
        if (claim)
            return unmet(Kind::wrong_tpm,
                         fmt::format("the domain XML of server {} has a TPM: {} {}", name,
                                     claim->version, claim->model));
        step.notes.push_back(fmt::format(fmt::runtime(model_note), "has no <tpm>"));
        return json{{"report", nullptr}};
    }
    VTPMLAB_TRY(const auto evidence, ask_guest(context, server, step.deadline));
    const Verdict& verdict = evidence.verdict;
    if (verdict.tpm)
        return unmet(Kind::wrong_tpm,
                     fmt::format("the guest of server {} has a TPM: {} {}", name,
                                 to_string(verdict.tpm->version), to_string(verdict.tpm->model)));
    if (verdict.finding != Finding::no_tpm || !verdict.is_clean())
        return objected(
            context, server, verdict,
            fmt::format("the guest of server {} does not prove that it has no TPM", name));
    step.notes.push_back("guest: " + summary(verdict));
    return json{{"report", to_json(evidence.report)}};
}

// One server's share of expect-distinct-tpms.
struct Identity {
    std::string server; // name
    std::string ek_fingerprint;
    std::string secret_id;
    SecretValue passphrase;
};

Result<Identity> identity_of(CaseContext& context, const StepCall& step, const std::string& server,
                             const json& secrets) {
    Identity identity;
    identity.server = context.server_name(server);
    if (context.depth() == Depth::guest) {
        VTPMLAB_TRY(const auto evidence, ask_guest(context, server, step.deadline));
        if (!evidence.report.endorsement_key.value)
            return fail(ErrorKind::product,
                        fmt::format("the guest of server {} shows no endorsement key: {}",
                                    identity.server, summary(evidence.verdict)));
        identity.ek_fingerprint = evidence.report.endorsement_key.value->fingerprint;
    }
    VTPMLAB_TRY(auto secret,
                secret_of_server(step.caller, step.step.by, server, secrets, step.deadline));
    identity.secret_id = std::move(secret.id);
    identity.passphrase = std::move(secret.passphrase);
    return identity;
}

VerbResult expect_distinct_tpms(CaseContext& context, const StepCall& step) {
    VTPMLAB_TRY(const auto secrets, list_secrets(step.caller, step.deadline));
    std::vector<Identity> identities;
    json fingerprints = json::array();
    for (const auto& server : step.args.value.at("servers")) {
        VTPMLAB_TRY(auto identity, identity_of(context, step, server.get<std::string>(), secrets));
        if (!identity.ek_fingerprint.empty())
            fingerprints.push_back(identity.ek_fingerprint);
        for (const auto& other : identities) {
            const char* shared = nullptr;
            if (identity.passphrase == other.passphrase)
                shared = "passphrase";
            if (identity.secret_id == other.secret_id)
                shared = "secret";
            if (!identity.ek_fingerprint.empty() && identity.ek_fingerprint == other.ek_fingerprint)
                shared = "endorsement key";
            if (shared != nullptr)
                return unmet(Kind::leaked, fmt::format("servers {} and {} share one {}",
                                                       other.server, identity.server, shared));
        }
        identities.push_back(std::move(identity));
    }
    step.notes.push_back(
        context.depth() == Depth::guest
            ? fmt::format("guest: {} endorsement keys, secrets and passphrases, all different",
                          identities.size())
            : fmt::format("model: {} secrets and passphrases, all different; no endorsement key "
                          "was read",
                          identities.size()));
    return json{{"ek_fingerprints", std::move(fingerprints)}};
}

constexpr std::array<VerbEntry, 3> entries = {{
    {"expect-tpm", expect_tpm},
    {"expect-no-tpm", expect_no_tpm},
    {"expect-distinct-tpms", expect_distinct_tpms},
}};

} // namespace

std::span<const VerbEntry> tpm_verbs() { return entries; }

} // namespace vtpmlab::runner
