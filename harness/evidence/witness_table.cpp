#include "evidence/witness_table.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vtpmlab {
namespace {

constexpr auto same = WitnessState::same;
constexpr auto reset = WitnessState::reset;
constexpr auto is_new = WitnessState::is_new;
constexpr auto gone = WitnessState::gone;

// The guest never noticed: memory, PCRs and all.
constexpr OperationRow untouched(std::string_view operation, std::string_view source) {
    return {operation, same, same, same, same, same, same, same, same, source};
}
// The guest was booted anew, with the TPM it had.
constexpr OperationRow booted(std::string_view operation, std::string_view source) {
    return {operation, same, same, same, same, same, reset, reset, same, source};
}
// The same, but from a copy of its state that was put aside: counters run back to it.
constexpr OperationRow brought_back(std::string_view operation, std::string_view source) {
    return {operation, same, same, same, same, same, reset, reset, same, source, true};
}
// A TPM just made: nothing of the old one is there, and that was to be expected.
constexpr OperationRow fresh(std::string_view operation, std::string_view source,
                             WitnessState disk = same) {
    return {operation, is_new, gone, gone, gone, gone, reset, gone, disk, source};
}
// The guest has no TPM any more.
constexpr OperationRow removed(std::string_view operation, std::string_view source) {
    return {operation, gone, gone, gone, gone, gone, gone, gone, same, source};
}
// What only a server without a TPM may go through.
constexpr OperationRow plain(std::string_view operation, WitnessState disk,
                             std::string_view source) {
    return {operation, gone, gone, gone, gone, gone, gone, gone, disk, source};
}

constexpr std::array table{
    untouched("nothing", "the same boot"),
    untouched("pause and unpause", "nova-vtpm §LIF-PAU-1"),
    untouched("suspend and resume", "nova-vtpm §LIF-SUS-1"),
    untouched("snapshot", "nova-vtpm §LIF-SNP-1"),
    untouched("live migration", "nova-vtpm §LIF-LM-8"),
    untouched("libvirtd restart", "nova-vtpm §LIF-HST-5"),
    untouched("compute restart", "nova-vtpm §11.9 B08"),
    untouched("refused operation", "nova-vtpm §LIF-BLK-1"),
    booted("reboot in the guest", "nova-vtpm §11.5 L19"),
    booted("stop and start", "nova-vtpm §LIF-STR-1"),
    booted("soft reboot", "nova-vtpm §LIF-RBT-4"),
    booted("hard reboot", "nova-vtpm §LIF-RBT-1"),
    booted("power loss", "nova-vtpm §LIF-HST-3"),
    booted("lost resume", "nova-vtpm §LIF-SUS-2"),
    booted("cold migration", "nova-vtpm §LIF-RSZ-1"),
    booted("resize", "nova-vtpm §LIF-RSZ-1"),
    brought_back("resize and revert", "nova-vtpm §5.7"),
    fresh("resize to another TPM", "nova-vtpm §5.7, 1.2 → 2.0 and TIS ↔ CRB"),
    fresh("resize, revert and resize", "nova-vtpm §LIF-RSZ-9, set before the revert", reset),
    fresh("stop and start, libvirt before 8.9", "nova-vtpm §LIF-STR-4"),
    fresh("copy failed half-way", "nova-vtpm §LIF-RSZ-11"),
    fresh("crash that leaves the TPM elsewhere", "nova-vtpm §5.7"),
    fresh("server from a snapshot", "nova-vtpm §LIF-SNP-2"),
    removed("resize to no TPM", "nova-vtpm §5.7, vTPM → none"),
    plain("rebuild", reset, "nova-vtpm §LIF-BLK-2"),
    plain("rescue", reset, "nova-vtpm §LIF-BLK-3, a disk made from the rescue image"),
    plain("unrescue", same, "nova-vtpm §LIF-BLK-3"),
    plain("shelve and unshelve", same, "nova-vtpm §LIF-BLK-1, through an image of the disk"),
    plain("evacuation", reset, "nova-vtpm §LIF-BLK-4, no disk is shared"),
};

constexpr std::array things{WitnessThing::endorsement_key, WitnessThing::nv,
                            WitnessThing::persistent_key,  WitnessThing::sealed,
                            WitnessThing::sealed_to_pcrs,  WitnessThing::pcr,
                            WitnessThing::boots,           WitnessThing::disk};

bool is_zeros(const std::string& hex) {
    return std::ranges::all_of(hex, [](char c) { return c == '0'; });
}

struct Seen {
    WitnessState state;
    std::string detail;
};

template <typename T>
std::optional<Seen> seen_nothing(const Observed<T>& then, const Observed<T>& now) {
    if (!then.was_looked_at())
        return Seen{WitnessState::unknown, then.unavailable};
    if (!now.was_looked_at())
        return Seen{WitnessState::unreadable, now.unavailable};
    if (!now.value)
        return Seen{WitnessState::gone, {}};
    return std::nullopt;
}

Seen compare(const Observed<std::string>& then, const Observed<std::string>& now) {
    if (auto seen = seen_nothing(then, now))
        return *seen;
    return {now.value == then.value ? WitnessState::same : WitnessState::is_new, {}};
}

Seen compare_pcr(const Observed<std::string>& then, const Observed<std::string>& now) {
    if (auto seen = seen_nothing(then, now))
        return *seen;
    if (now.value == then.value)
        return {WitnessState::same, {}};
    return {is_zeros(*now.value) ? WitnessState::reset : WitnessState::is_new, {}};
}

// A counter that runs back is an older copy of the TPM's state: not the one it was.
Seen compare_boots(const Observed<std::uint64_t>& then, const Observed<std::uint64_t>& now) {
    if (auto seen = seen_nothing(then, now))
        return *seen;
    const std::string detail = fmt::format("{} then, {} now", then.value.value_or(0), *now.value);
    if (!then.value || *now.value < *then.value)
        return {WitnessState::is_new, detail};
    return {*now.value == *then.value ? WitnessState::same : WitnessState::reset, detail};
}

std::string mark_of_an_image() {
    std::array<unsigned char, witness_block::size> block;
    witness_block::prepare(block);
    return hex(witness_block::mark_in(block));
}

// An image's own disk is told apart from a disk that nobody filled.
Seen compare_disk(const Observed<std::string>& then, const Observed<std::string>& now) {
    if (auto seen = seen_nothing(then, now))
        return *seen;
    if (now.value == then.value)
        return {WitnessState::same, {}};
    if (now.value == mark_of_an_image())
        return {WitnessState::reset, "as its image has it"};
    return {WitnessState::is_new, is_zeros(*now.value) ? "zeros: nobody filled it" : ""};
}

bool was_set_in(WitnessThing thing, const WitnessSet& set) {
    return thing == WitnessThing::disk ? set.then.disk.value.has_value() : set.then.has_tpm;
}

Seen look_at(WitnessThing thing, const WitnessLook& then, const WitnessLook& now) {
    if (thing == WitnessThing::disk)
        return compare_disk(then.disk, now.disk);
    if (!now.has_tpm)
        return {WitnessState::gone, {}};
    switch (thing) {
    case WitnessThing::endorsement_key:
        return compare(then.endorsement_key, now.endorsement_key);
    case WitnessThing::nv:
        return compare(then.nv, now.nv);
    case WitnessThing::persistent_key:
        return compare(then.persistent_key, now.persistent_key);
    case WitnessThing::sealed:
        return compare(then.sealed, now.sealed);
    case WitnessThing::sealed_to_pcrs:
        return compare(then.sealed_to_pcrs, now.sealed_to_pcrs);
    case WitnessThing::pcr:
        return compare_pcr(then.pcr, now.pcr);
    case WitnessThing::boots:
        return compare_boots(then.boots, now.boots);
    case WitnessThing::disk:
        break;
    }
    return {WitnessState::unknown, {}};
}

WitnessVerdict verdict_of(const std::vector<WitnessFinding>& findings) {
    if (findings.empty())
        return WitnessVerdict::undecided;
    if (const WitnessFinding& key = findings.front(); key.thing == WitnessThing::endorsement_key) {
        if (key.found == WitnessState::unknown || key.found == WitnessState::unreadable)
            return WitnessVerdict::undecided;
        if (key.expected == WitnessState::same && key.found == WitnessState::is_new)
            return WitnessVerdict::silently_fresh;
    }
    const auto disagrees = [](const WitnessFinding& finding) { return !finding.agrees(); };
    const auto first = std::ranges::find_if(findings, disagrees);
    if (first == findings.end())
        return WitnessVerdict::as_expected;
    // The last of all things: whatever else is wrong comes before it.
    return first->thing == WitnessThing::disk ? WitnessVerdict::wrong_disk
                                              : WitnessVerdict::not_as_expected;
}

// Of what the witness was set in.
std::string_view all_is_well(const WitnessJudgement& judgement) {
    const bool has_tpm = judgement.findings.front().thing == WitnessThing::endorsement_key;
    const bool has_disk = judgement.findings.back().thing == WitnessThing::disk;
    return has_tpm && has_disk ? "TPM and disk are as they must be"
           : has_disk          ? "the disk is as it must be"
                               : "the TPM is as it must be";
}

} // namespace

std::span<const OperationRow> operation_table() { return table; }

const OperationRow* find_operation(std::string_view operation) {
    const auto found = std::ranges::find(table, operation, &OperationRow::operation);
    return found == table.end() ? nullptr : &*found;
}

std::string operation_names() {
    std::vector<std::string_view> names;
    for (const auto& row : table)
        names.push_back(row.operation);
    return fmt::format("{}", fmt::join(names, "; "));
}

WitnessState expected_of(const OperationRow& row, WitnessThing thing) {
    switch (thing) {
    case WitnessThing::endorsement_key:
        return row.endorsement_key;
    case WitnessThing::nv:
        return row.nv;
    case WitnessThing::persistent_key:
        return row.persistent_key;
    case WitnessThing::sealed:
        return row.sealed;
    case WitnessThing::sealed_to_pcrs:
        return row.sealed_to_pcrs;
    case WitnessThing::pcr:
        return row.pcr;
    case WitnessThing::boots:
        return row.boots;
    case WitnessThing::disk:
        return row.disk;
    }
    return WitnessState::unknown;
}

WitnessJudgement judge_witness(const OperationRow& row, const WitnessSet& set,
                               const WitnessLook& now) {
    WitnessJudgement judgement;
    const WitnessLook& then = row.goes_back ? set.before : set.then;
    const bool is_another_tpm =
        look_at(WitnessThing::endorsement_key, then, now).state == WitnessState::is_new;
    for (const WitnessThing thing : things) {
        if (!was_set_in(thing, set))
            continue;
        const WitnessState expected = expected_of(row, thing);
        Seen seen = look_at(thing, then, now);
        // Zeros then and now: it may have been reset in between or not.
        if (thing == WitnessThing::pcr && seen.state == WitnessState::same &&
            expected == WitnessState::reset && is_zeros(*now.pcr.value))
            seen.state = WitnessState::reset;
        // Brought back, it has been through no more than the boots since. More than the counter of
        // the look in between, which was at what the operation undid: that TPM's state was kept.
        if (row.goes_back && thing == WitnessThing::boots && seen.state == WitnessState::reset &&
            set.then.boots.value > then.boots.value && now.boots.value > set.then.boots.value)
            seen = {WitnessState::is_new,
                    fmt::format("{} then, {} in between, {} now", *then.boots.value,
                                *set.then.boots.value, *now.boots.value)};
        // What another TPM cannot have, a 1.2 in place of a 2.0, went with the one that had it.
        if (seen.state == WitnessState::unreadable && is_another_tpm && thing != WitnessThing::disk)
            seen = {WitnessState::gone, {}};
        judgement.findings.push_back({thing, expected, seen.state, std::move(seen.detail)});
    }
    judgement.verdict = verdict_of(judgement.findings);
    return judgement;
}

WitnessSet carried_on(WitnessSet set, const WitnessLook& now) {
    const WitnessLook before = std::exchange(set.before, set.then);
    // Brought back: what is on it now is what counts from here on.
    if (now.disk.value == before.disk.value)
        set.then.disk = before.disk;
    if (now.endorsement_key.value != set.then.endorsement_key.value)
        return set;
    set.then.pcr = now.pcr;
    set.then.boots = now.boots;
    return set;
}

std::string headline(const WitnessJudgement& judgement, const OperationRow& row) {
    switch (judgement.verdict) {
    case WitnessVerdict::as_expected:
        return fmt::format("{} after: {} ({})", all_is_well(judgement), row.operation, row.source);
    case WitnessVerdict::silently_fresh:
        return fmt::format(
            "SILENTLY FRESH TPM after: {}. The guest has a TPM, it answers, and it is "
            "ANOTHER ONE: whatever was sealed to the old one is lost ({})",
            row.operation, row.source);
    case WitnessVerdict::not_as_expected:
        return fmt::format("the TPM is not what it must be after: {} ({})", row.operation,
                           row.source);
    case WitnessVerdict::wrong_disk:
        if (judgement.findings.back().found == WitnessState::unreadable)
            return fmt::format("nobody can tell which disk this is after: {}: it was not read",
                               row.operation);
        if (row.disk == WitnessState::same)
            return fmt::format("DISK LOST after: {}. What the guest wrote to its disk is not on "
                               "the one it has now ({})",
                               row.operation, row.source);
        return fmt::format("the disk is not what it must be after: {} ({})", row.operation,
                           row.source);
    case WitnessVerdict::undecided:
        return fmt::format("nobody can tell which TPM this is after: {}: its endorsement key was "
                           "not read",
                           row.operation);
    }
    return {};
}

std::vector<std::string> disagreements(const WitnessJudgement& judgement) {
    std::vector<std::string> lines;
    for (const auto& finding : judgement.findings)
        if (!finding.agrees())
            lines.push_back(
                fmt::format("{}: expected {}, found {}{}", to_string(finding.thing),
                            to_string(finding.expected), to_string(finding.found),
                            finding.detail.empty() ? std::string() : " (" + finding.detail + ")"));
    return lines;
}

} // namespace vtpmlab
