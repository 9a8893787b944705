#include "evidence/judge.h"

#include "evidence/endorsement.h"
#include "evidence/replay.h"
#include "evidence/witnesses.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace vtpmlab {
namespace {

using nlohmann::json;

constexpr std::size_t sources_for_version = 3;
constexpr std::size_t sources_for_model = 2;
constexpr std::array sources_for_absence{Source::kernel, Source::firmware, Source::bus};

using Witnesses = std::vector<const Testimony*>;

std::string names(const Witnesses& witnesses) {
    std::vector<std::string_view> texts;
    for (const Testimony* testimony : witnesses)
        texts.push_back(testimony->witness);
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::size_t count_sources(const Witnesses& witnesses) {
    std::set<Source> sources;
    for (const Testimony* testimony : witnesses)
        sources.insert(testimony->source);
    return sources.size();
}

// The value most sources speak for, and those who do. Everybody who says something else is put on
// record.
template <typename T>
struct Majority {
    std::optional<T> value;
    Witnesses witnesses;
};

template <typename T>
Majority<T> majority(const std::vector<Testimony>& testimonies,
                     std::optional<T> Testimony::*statement,
                     std::vector<std::string>& disagreements) {
    std::map<T, Witnesses> sides;
    for (const Testimony& testimony : testimonies)
        if (testimony.presence == Presence::present && testimony.*statement)
            sides[*(testimony.*statement)].push_back(&testimony);
    if (sides.empty())
        return {};
    const auto largest = std::ranges::max_element(
        sides, {}, [](const auto& side) { return count_sources(side.second); });
    for (const auto& [value, witnesses] : sides) {
        if (value == largest->first)
            continue;
        for (const Testimony* testimony : witnesses)
            disagreements.push_back(fmt::format(
                "{} says {} ({}), but {} {} {}", testimony->witness, to_string(value),
                testimony->observed, names(largest->second),
                largest->second.size() == 1 ? "says" : "say", to_string(largest->first)));
    }
    return {largest->first, largest->second};
}

Witnesses with_presence(const std::vector<Testimony>& testimonies, Presence presence) {
    Witnesses witnesses;
    for (const Testimony& testimony : testimonies)
        if (testimony.presence == presence)
            witnesses.push_back(&testimony);
    return witnesses;
}

void decide_absence(Verdict& verdict, const Witnesses& absent) {
    for (const Source source : sources_for_absence) {
        const bool is_heard =
            std::ranges::any_of(absent, [=](const auto* heard) { return heard->source == source; });
        if (is_heard)
            continue;
        for (const Testimony& testimony : verdict.testimonies)
            if (testimony.source == source)
                verdict.complaints.push_back(
                    fmt::format("nobody could look whether there is a TPM: {} is unavailable ({})",
                                testimony.witness, testimony.observed));
        return;
    }
    verdict.finding = Finding::no_tpm;
}

void decide_presence(Verdict& verdict) {
    const auto version = majority(verdict.testimonies, &Testimony::version, verdict.disagreements);
    const auto model = majority(verdict.testimonies, &Testimony::model, verdict.disagreements);
    if (count_sources(version.witnesses) < sources_for_version)
        verdict.complaints.push_back(
            fmt::format("only {} of {} independent sources speak for a version",
                        count_sources(version.witnesses), sources_for_version));
    else if (count_sources(model.witnesses) < sources_for_model)
        verdict.complaints.push_back(
            fmt::format("only {} of {} independent sources speak for a model",
                        count_sources(model.witnesses), sources_for_model));
    else if (verdict.disagreements.empty()) {
        verdict.finding = Finding::tpm;
        verdict.tpm = TpmDevice{*version.value, *model.value};
    }
}

// Every active bank against the log.
void check_log(const GuestReport& report, Verdict& verdict) {
    if (!report.pcr_banks.value || !report.firmware_log.value)
        return; // complained about already
    const auto log = parse_event_log(report.firmware_log.value->bytes);
    if (!log) {
        verdict.complaints.push_back(log.error().message);
        return;
    }
    if (report.pcr_banks.value->empty())
        verdict.complaints.push_back("the TPM has no active PCR bank");
    for (const PcrBank& bank : *report.pcr_banks.value) {
        if (std::ranges::find(log->algorithms, bank.algorithm) == log->algorithms.end()) {
            verdict.complaints.push_back(fmt::format(
                "the firmware's event log has no digests for the active bank {}", bank.algorithm));
            continue;
        }
        for (PcrMismatch& mismatch : compare(*log, bank))
            verdict.pcr_mismatches.push_back(std::move(mismatch));
    }
}

void check_certificate(const GuestReport& report, Verdict& verdict) {
    const auto& certificate = report.endorsement_certificate;
    // swtpm_setup locks the NV of a 1.2, and then the certificate is for its owner's eyes only.
    if (!certificate.was_looked_at() && verdict.tpm->version != TpmVersion::v1_2)
        verdict.complaints.push_back("the endorsement certificate is unavailable: " +
                                     certificate.unavailable);
    if (!certificate.value || !report.endorsement_key.value)
        return;
    const auto certified = certified_key_fingerprint(*certificate.value);
    if (!certified)
        verdict.complaints.push_back(certified.error().message);
    else if (*certified != report.endorsement_key.value->fingerprint)
        verdict.complaints.push_back(fmt::format(
            "the endorsement certificate is for the key {:.16}, and the TPM's is {:.16}",
            *certified, report.endorsement_key.value->fingerprint));
}

void check_answers(const GuestReport& report, Verdict& verdict) {
    const auto must_have = [&](std::string_view what, const auto& observed) {
        if (!observed.was_looked_at())
            verdict.complaints.push_back(
                fmt::format("{} is unavailable: {}", what, observed.unavailable));
        else if (!observed.value)
            verdict.complaints.push_back(fmt::format("there is no {}", what));
    };
    must_have("manufacturer", report.vendor);
    must_have("self-test result", report.self_test);
    must_have("random number", report.random);
    must_have("PCR bank", report.pcr_banks);
    must_have("endorsement key", report.endorsement_key);
    must_have("firmware event log", report.firmware_log);
    if (report.self_test.value && !report.self_test.value->passed)
        verdict.complaints.push_back("the TPM's self-test failed: " + report.self_test.value->text);
    if (const auto& random = report.random.value;
        random && std::ranges::all_of(*random, [&](auto byte) { return byte == random->front(); }))
        verdict.complaints.push_back("the TPM's random bytes are all the same");
}

std::string agreement(const Verdict& verdict, Presence presence) {
    const auto count = with_presence(verdict.testimonies, presence).size();
    return fmt::format("{} witnesses agree", count);
}

} // namespace

Verdict judge(const GuestReport& report) {
    Verdict verdict;
    verdict.testimonies = hear_witnesses(report);
    const auto present = with_presence(verdict.testimonies, Presence::present);
    const auto absent = with_presence(verdict.testimonies, Presence::absent);
    if (present.empty()) {
        decide_absence(verdict, absent);
        return verdict;
    }
    for (const Testimony* testimony : absent)
        verdict.disagreements.push_back(
            fmt::format("{} says there is no TPM ({}), but {} {} one", testimony->witness,
                        testimony->observed, names(present), present.size() == 1 ? "sees" : "see"));
    decide_presence(verdict);
    if (verdict.finding == Finding::tpm) {
        check_answers(report, verdict);
        check_certificate(report, verdict);
        check_log(report, verdict);
    }
    return verdict;
}

json to_json(const Verdict& verdict) {
    json testimonies = json::array();
    for (const Testimony& testimony : verdict.testimonies) {
        json entry{{"witness", testimony.witness},
                   {"observed", testimony.observed},
                   {"presence", to_string(testimony.presence)}};
        if (testimony.version)
            entry["version"] = to_string(*testimony.version);
        if (testimony.model)
            entry["model"] = to_string(*testimony.model);
        testimonies.push_back(std::move(entry));
    }
    json mismatches = json::array();
    for (const PcrMismatch& mismatch : verdict.pcr_mismatches)
        mismatches.push_back({{"bank", mismatch.bank},
                              {"pcr", mismatch.pcr},
                              {"in_tpm", hex(mismatch.in_tpm)},
                              {"replayed", hex(mismatch.replayed)},
                              {"event", mismatch.event}});
    json json_verdict{
        {"finding", to_string(verdict.finding)},   {"is_clean", verdict.is_clean()},
        {"testimonies", std::move(testimonies)},   {"disagreements", verdict.disagreements},
        {"pcr_mismatches", std::move(mismatches)}, {"complaints", verdict.complaints}};
    if (verdict.tpm)
        json_verdict["tpm"] = {{"version", to_string(verdict.tpm->version)},
                               {"model", to_string(verdict.tpm->model)}};
    return json_verdict;
}

std::vector<std::string> objections(const Verdict& verdict) {
    std::vector<std::string> sentences = verdict.disagreements;
    for (const PcrMismatch& mismatch : verdict.pcr_mismatches)
        sentences.push_back(fmt::format("PCR {} of the bank {} is not what the event log makes of "
                                        "it: {}",
                                        mismatch.pcr, mismatch.bank, mismatch.event));
    sentences.insert(sentences.end(), verdict.complaints.begin(), verdict.complaints.end());
    return sentences;
}

std::string summary(const Verdict& verdict) {
    switch (verdict.finding) {
    case Finding::tpm:
        return fmt::format("{} {}, {}", to_string(verdict.tpm->version),
                           to_string(verdict.tpm->model), agreement(verdict, Presence::present));
    case Finding::no_tpm:
        return fmt::format("no TPM, {}", agreement(verdict, Presence::absent));
    case Finding::undecided:
        break;
    }
    const auto sentences = objections(verdict);
    return fmt::format("undecided: {}", sentences.empty() ? "nobody testified" : sentences.front());
}

} // namespace vtpmlab
