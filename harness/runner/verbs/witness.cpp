// plant-witness, expect-witness: is it still the same TPM, and the same disk?

#include "evidence/witness.h"

#include "evidence/witness_table.h"
#include "runner/case_context.h"
#include "runner/guest_evidence.h"
#include "runner/verb.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

AskProbe prober(CaseContext& context, const StepCall& step, const std::string& server) {
    return [&context, &step, server](std::string_view op, const json& params) {
        return ask_probe(context, server, op, params, step.deadline);
    };
}

std::string depth_word(const CaseContext& context) {
    return context.depth() == Depth::guest ? "guest" : "model, no guest was asked";
}

json state_of(const WitnessJudgement& judgement) {
    json states = json::object();
    for (const auto& finding : judgement.findings)
        states[std::string(to_string(finding.thing))] = to_string(finding.found);
    return states;
}

// What the witness must consist of hangs on it.
Result<TpmVersion> version_of(CaseContext& context, const std::string& server) {
    VTPMLAB_TRY(const auto claim, read_domain(context, server));
    const auto version = claim ? parse_tpm_version(claim->version) : std::nullopt;
    if (!version)
        return fail(ErrorKind::product,
                    fmt::format("the domain XML of server {} has no TPM to plant a witness in",
                                context.server_name(server)),
                    {}, "give its flavor or its image a TPM, or see why it did not get it");
    return *version;
}

VerbResult plant_witness(CaseContext& context, const StepCall& step) {
    const auto server = step.args.value.at("server").get<std::string>();
    const bool in_the_tpm = step.args.value.value("in", "TPM and disk") != "disk";
    const auto probe = prober(context, step, server);
    // What is in the TPM stays there while the disk gets another mark.
    const auto earlier = context.witnesses.find(server);
    WitnessSet set = earlier == context.witnesses.end() ? WitnessSet{} : earlier->second;
    if (in_the_tpm) {
        VTPMLAB_TRY(const auto version, version_of(context, server));
        VTPMLAB_TRY(set, set_witness(probe, version));
    }
    VTPMLAB_CHECK(mark_disk(probe, set));
    context.witnesses.insert_or_assign(server, set);
    if (!in_the_tpm) {
        step.notes.push_back(depth_word(context) + ": witness planted in the disk");
        return json::object();
    }
    const std::string key = set.then.endorsement_key.value.value_or("");
    step.notes.push_back(fmt::format("{}: witness planted in the disk, and in the TPM with "
                                     "endorsement key {}",
                                     depth_word(context), key));
    return json{{"ek_fingerprint", key}};
}

report::Finding finding_of(WitnessVerdict verdict) {
    switch (verdict) {
    case WitnessVerdict::silently_fresh:
        return report::Finding::silently_fresh_tpm;
    case WitnessVerdict::wrong_disk:
        return report::Finding::wrong_disk;
    default:
        return report::Finding::wrong_tpm;
    }
}

VerbResult expect_witness(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    const auto server = args.at("server").get<std::string>();
    const auto planted_in = args.value("of", server);
    const auto after = args.at("after").get<std::string>();
    const OperationRow* row = find_operation(after);
    if (row == nullptr)
        return fail(ErrorKind::scenario, fmt::format("the table has no operation '{}'", after), {},
                    "one of: " + operation_names());
    const auto set = context.witnesses.find(planted_in);
    if (set == context.witnesses.end())
        return fail(
            ErrorKind::scenario,
            fmt::format("no witness was planted in server {}", context.server_name(planted_in)), {},
            "plant-witness comes first");
    VTPMLAB_TRY(const auto now, look_for_witness(prober(context, step, server), set->second));
    const WitnessJudgement judgement = judge_witness(*row, set->second, now);

    const json kept = {{"depth", context.depth() == Depth::guest ? "guest" : "model"},
                       {"server", server},
                       {"after", after},
                       {"found", state_of(judgement)},
                       {"then", to_json(set->second.then)},
                       {"now", to_json(now)}};
    VTPMLAB_CHECK(context.keep_look("witness", server, kept));

    const std::string said =
        fmt::format("{} of server {}", headline(judgement, *row), context.server_name(server));
    if (judgement.verdict != WitnessVerdict::as_expected) {
        auto failure = unmet(finding_of(judgement.verdict), said,
                             "read " + context.evidence_file("witness", server, "json").string());
        failure.value().error.causes = disagreements(judgement);
        return failure;
    }
    step.notes.push_back(fmt::format("{}: {}", depth_word(context), said));
    if (planted_in == server)
        set->second = carried_on(std::move(set->second), now);
    return json{{"found", state_of(judgement)}};
}

constexpr std::array<VerbEntry, 2> entries = {{
    {"plant-witness", plant_witness},
    {"expect-witness", expect_witness},
}};

} // namespace

std::span<const VerbEntry> witness_verbs() { return entries; }

} // namespace vtpmlab::runner
