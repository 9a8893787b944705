#include "evidence/witness.h"
#include "evidence/witness_table.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <gmock/gmock.h>

#include <array>
#include <set>

namespace vtpmlab {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Ne;
using testing::SizeIs;

const std::string nonce(64, '5');

template <typename T>
Observed<T> is(T value) {
    return {std::move(value), {}};
}

WitnessLook planted() {
    WitnessLook look;
    look.has_tpm = true;
    look.endorsement_key = is<std::string>("key 1");
    look.nv = look.sealed = look.sealed_to_pcrs = is(nonce);
    look.persistent_key = is<std::string>("name 1");
    look.pcr = is(std::string(64, 'a'));
    look.boots = is<std::uint64_t>(7);
    return look;
}

WitnessLook booted(WitnessLook look) {
    look.pcr = is(std::string(64, '0'));
    ++*look.boots.value;
    return look;
}

WitnessLook fresh() {
    WitnessLook look;
    look.has_tpm = true;
    look.endorsement_key = is<std::string>("key 2");
    look.pcr = is(std::string(64, '0'));
    return look;
}

WitnessSet set() { return {planted(), nonce, "aa", "bb"}; }

WitnessJudgement judged(const char* operation, const WitnessLook& now) {
    return judge_witness(*find_operation(operation), set(), now);
}

TEST(WitnessTable, NamesEachOperationOnceAndSaysWhereItIsFrom) {
    std::set<std::string_view> names;
    for (const auto& row : operation_table()) {
        EXPECT_TRUE(names.insert(row.operation).second) << row.operation;
        EXPECT_FALSE(row.source.empty()) << row.operation;
    }
    EXPECT_EQ(find_operation("magic"), nullptr);
    EXPECT_THAT(operation_names(), HasSubstr("hard reboot; power loss"));
}

// The identity is one: what says that the endorsement key is the same, says so of all it keeps.
TEST(WitnessTable, NeverKeepsHalfOfAnIdentity) {
    for (const auto& row : operation_table()) {
        const bool is_same = row.endorsement_key == WitnessState::same;
        for (const auto state : {row.nv, row.persistent_key, row.sealed, row.sealed_to_pcrs})
            EXPECT_EQ(state == WitnessState::same, is_same) << row.operation;
        EXPECT_EQ(row.boots == WitnessState::gone, !is_same) << row.operation;
    }
}

TEST(WitnessJudge, SeesTheSameTpm) {
    EXPECT_EQ(judged("live migration", planted()).verdict, WitnessVerdict::as_expected);
    EXPECT_EQ(judged("hard reboot", booted(planted())).verdict, WitnessVerdict::as_expected);
    EXPECT_THAT(disagreements(judged("hard reboot", booted(planted()))), IsEmpty());
}

TEST(WitnessJudge, ComparesTheNextBootWithThisOne) {
    const WitnessSet later = carried_on(set(), booted(planted()));
    const auto again =
        judge_witness(*find_operation("hard reboot"), later, booted(booted(planted())));
    EXPECT_EQ(again.verdict, WitnessVerdict::as_expected);
    const auto paused =
        judge_witness(*find_operation("pause and unpause"), later, booted(planted()));
    EXPECT_EQ(paused.verdict, WitnessVerdict::as_expected);
}

// What is reverted brings back the state of before the move, with the count it had then.
TEST(WitnessJudge, ComparesARevertWithWhatWasBeforeTheMove) {
    const WitnessSet moved = carried_on(set(), booted(planted()));
    const auto& revert = *find_operation("resize and revert");
    EXPECT_EQ(judge_witness(revert, moved, booted(planted())).verdict, WitnessVerdict::as_expected);
    EXPECT_EQ(judge_witness(revert, moved, planted()).verdict, WitnessVerdict::not_as_expected);
    EXPECT_EQ(judge_witness(*find_operation("hard reboot"), moved, booted(planted())).verdict,
              WitnessVerdict::not_as_expected);
}

// The move's own copy, booted once more, has been through more than the one that was put aside.
TEST(WitnessJudge, SeesThatARevertKeptTheOtherHostsState) {
    const WitnessSet moved = carried_on(set(), booted(planted()));
    const auto kept =
        judge_witness(*find_operation("resize and revert"), moved, booted(booted(planted())));
    EXPECT_EQ(kept.verdict, WitnessVerdict::not_as_expected);
    EXPECT_THAT(
        disagreements(kept),
        ElementsAre("boot counter: expected reset, found new (7 then, 8 in between, 9 now)"));
}

TEST(WitnessJudge, LetsTheWitnessWaitInItsOwnTpm) {
    const WitnessSet elsewhere = carried_on(set(), fresh());
    EXPECT_EQ(elsewhere.then, planted());
    EXPECT_EQ(
        judge_witness(*find_operation("resize and revert"), elsewhere, booted(planted())).verdict,
        WitnessVerdict::as_expected);
}

TEST(WitnessJudge, CriesOutAtASilentlyFreshTpm) {
    const auto judgement = judged("stop and start", fresh());
    EXPECT_EQ(judgement.verdict, WitnessVerdict::silently_fresh);
    EXPECT_EQ(
        headline(judgement, *find_operation("stop and start")),
        "SILENTLY FRESH TPM after: stop and start. The guest has a TPM, it answers, and it is "
        "ANOTHER ONE: whatever was sealed to the old one is lost (nova-vtpm §LIF-STR-1)");
    EXPECT_THAT(disagreements(judgement),
                ElementsAre("endorsement key: expected same, found new",
                            "NV index: expected same, found gone",
                            "persistent key: expected same, found gone",
                            "sealed object: expected same, found gone",
                            "object sealed to PCRs: expected same, found gone",
                            "boot counter: expected reset, found gone"));
}

TEST(WitnessJudge, SeesAFreshTpmWhereOneIsExpected) {
    EXPECT_EQ(judged("resize to another TPM", fresh()).verdict, WitnessVerdict::as_expected);
    EXPECT_EQ(judged("resize to another TPM", booted(planted())).verdict,
              WitnessVerdict::not_as_expected);
}

TEST(WitnessJudge, SeesThatTheTpmIsGone) {
    EXPECT_EQ(judged("resize to no TPM", {}).verdict, WitnessVerdict::as_expected);
    EXPECT_EQ(judged("hard reboot", {}).verdict, WitnessVerdict::not_as_expected);
}

TEST(WitnessJudge, SeesAnOlderCopyOfTheState) {
    WitnessLook older = planted();
    older.boots = is<std::uint64_t>(6);
    older.pcr = is(std::string(64, '0'));
    const auto judgement = judged("power loss", older);
    EXPECT_EQ(judgement.verdict, WitnessVerdict::not_as_expected);
    EXPECT_THAT(disagreements(judgement),
                ElementsAre("boot counter: expected reset, found new (7 then, 6 now)"));
}

TEST(WitnessJudge, SeesABootNobodyAskedFor) {
    const auto judgement = judged("live migration", booted(planted()));
    EXPECT_EQ(judgement.verdict, WitnessVerdict::not_as_expected);
    EXPECT_THAT(disagreements(judgement),
                ElementsAre("PCR extended by hand: expected same, found reset",
                            "boot counter: expected same, found reset (7 then, 8 now)"));
}

TEST(WitnessJudge, SaysThatItCannotTellWithoutAnEndorsementKey) {
    WitnessLook blind = planted();
    blind.endorsement_key = {std::nullopt, "TPM2_CreatePrimary: no"};
    const auto judgement = judged("hard reboot", booted(blind));
    EXPECT_EQ(judgement.verdict, WitnessVerdict::undecided);
    EXPECT_THAT(disagreements(judgement),
                ElementsAre("endorsement key: expected same, found unreadable "
                            "(TPM2_CreatePrimary: no)"));
}

const std::string mark(64, '6');

WitnessSet with_disk(WitnessSet set) {
    set.then.disk = is(mark);
    set.before = set.then;
    return set;
}

WitnessLook with_disk(WitnessLook look, Observed<std::string> disk = is(mark)) {
    look.disk = std::move(disk);
    return look;
}

Observed<std::string> mark_of_an_image() {
    std::array<unsigned char, witness_block::size> block;
    witness_block::prepare(block);
    return is(hex(witness_block::mark_in(block)));
}

TEST(WitnessJudge, SaysNothingOfADiskWithoutAWitness) {
    EXPECT_THAT(judged("hard reboot", with_disk(booted(planted()), is(std::string("00")))).findings,
                Each(Field(&WitnessFinding::thing, Ne(WitnessThing::disk))));
}

TEST(WitnessJudge, SeesThatADiskWasReplaced) {
    const auto found = [](const char* operation, Observed<std::string> disk) {
        const auto judgement = judge_witness(*find_operation(operation), with_disk(set()),
                                             with_disk(booted(planted()), std::move(disk)));
        EXPECT_THAT(disagreements(judgement), SizeIs(Le(1u)));
        EXPECT_EQ(judgement.verdict == WitnessVerdict::as_expected,
                  disagreements(judgement).empty());
        EXPECT_THAT(judgement.verdict,
                    AnyOf(WitnessVerdict::as_expected, WitnessVerdict::wrong_disk));
        return disagreements(judgement).empty() ? "as expected" : disagreements(judgement).front();
    };
    for (const char* operation : {"cold migration", "resize", "power loss", "stop and start"}) {
        EXPECT_EQ(found(operation, is(mark)), "as expected");
        EXPECT_EQ(found(operation, mark_of_an_image()),
                  "disk: expected same, found reset (as its image has it)");
        EXPECT_EQ(found(operation, is(std::string(64, '0'))),
                  "disk: expected same, found new (zeros: nobody filled it)");
        EXPECT_EQ(found(operation, is(std::string(64, '7'))), "disk: expected same, found new");
        EXPECT_EQ(found(operation, {}), "disk: expected same, found gone");
        EXPECT_EQ(found(operation, {std::nullopt, "no driver"}),
                  "disk: expected same, found unreadable (no driver)");
    }
}

// Without a TPM the disk is all there is.
TEST(WitnessJudge, JudgesADiskAlone) {
    WitnessSet plain;
    plain.then.disk = is(mark);
    const auto judged = [&](const char* operation, Observed<std::string> disk) {
        const auto& row = *find_operation(operation);
        const auto judgement = judge_witness(row, plain, with_disk(WitnessLook{}, disk));
        EXPECT_EQ(judgement.findings.size(), 1u);
        return headline(judgement, row);
    };
    EXPECT_EQ(judged("shelve and unshelve", is(mark)),
              "the disk is as it must be after: shelve and unshelve (nova-vtpm §LIF-BLK-1, through "
              "an image of the disk)");
    EXPECT_EQ(judged("unrescue", mark_of_an_image()),
              "DISK LOST after: unrescue. What the guest wrote to its disk is not on the one it "
              "has now (nova-vtpm §LIF-BLK-3)");
    EXPECT_EQ(judged("unrescue", {std::nullopt, "no driver"}),
              "nobody can tell which disk this is after: unrescue: it was not read");
    EXPECT_EQ(judged("rebuild", mark_of_an_image()),
              "the disk is as it must be after: rebuild (nova-vtpm §LIF-BLK-2)");
    EXPECT_EQ(judged("rebuild", is(mark)),
              "the disk is not what it must be after: rebuild (nova-vtpm §LIF-BLK-2)");
    EXPECT_EQ(judged("evacuation", is(std::string(64, '0'))),
              "the disk is not what it must be after: evacuation (nova-vtpm §LIF-BLK-4, no disk is "
              "shared)");
}

// What was written at the destination must not be there any more.
TEST(WitnessJudge, ComparesARevertWithTheDiskOfBeforeTheMove) {
    WitnessSet moved = carried_on(with_disk(set()), with_disk(booted(planted())));
    const std::string later(64, '8');
    moved.before.disk = moved.then.disk;
    moved.then.disk = is(later);
    const auto& revert = *find_operation("resize and revert");
    EXPECT_EQ(judge_witness(revert, moved, with_disk(booted(planted()))).verdict,
              WitnessVerdict::as_expected);
    EXPECT_THAT(
        disagreements(judge_witness(revert, moved, with_disk(booted(planted()), is(later)))),
        ElementsAre("disk: expected same, found new"));
    const auto again = carried_on(moved, with_disk(booted(planted())));
    EXPECT_EQ(again.then.disk.value, mark) << "what was brought back counts from then on";
}

// A TPM 1.2: endorsement key, NV space and PCR; the rest it never had.
WitnessLook planted12() {
    WitnessLook look = planted();
    const Observed<std::string> none{std::nullopt, "not part of the witness in a TPM 1.2"};
    look.persistent_key = look.sealed = look.sealed_to_pcrs = none;
    look.boots = {std::nullopt, none.unavailable};
    look.pcr = is(std::string(40, 'a'));
    return look;
}

TEST(WitnessJudge, TakesWhatATpm12Has) {
    WitnessSet set12 = set();
    set12.then = planted12();
    WitnessLook now = set12.then;
    now.pcr = is(std::string(40, '0'));
    const auto& row = *find_operation("hard reboot");
    EXPECT_EQ(judge_witness(row, set12, now).verdict, WitnessVerdict::as_expected);
    WitnessLook emptied = now;
    emptied.nv = {};
    EXPECT_EQ(judge_witness(row, set12, emptied).verdict, WitnessVerdict::not_as_expected);
    now.endorsement_key = is<std::string>("key 2");
    EXPECT_EQ(judge_witness(row, set12, now).verdict, WitnessVerdict::silently_fresh);
}

// To say "unknown" of what was read before would be to agree with anything.
TEST(WitnessJudge, FailsWhatWasReadThenAndCannotBeReadNow) {
    const Observed<std::string> refused{std::nullopt, "TPM2_NV_Read: 0x922"};
    const auto spoiled = [&](auto spoil) {
        WitnessLook now = booted(planted());
        spoil(now);
        const auto judgement = judged("hard reboot", now);
        EXPECT_EQ(judgement.verdict, WitnessVerdict::not_as_expected);
        return disagreements(judgement);
    };
    EXPECT_THAT(spoiled([&](WitnessLook& now) { now.nv = refused; }),
                ElementsAre("NV index: expected same, found unreadable (TPM2_NV_Read: 0x922)"));
    EXPECT_THAT(spoiled([&](WitnessLook& now) { now.sealed_to_pcrs = refused; }),
                ElementsAre("object sealed to PCRs: expected same, found unreadable "
                            "(TPM2_NV_Read: 0x922)"));
    EXPECT_THAT(spoiled([&](WitnessLook& now) { now.pcr = refused; }),
                ElementsAre("PCR extended by hand: expected reset, found unreadable "
                            "(TPM2_NV_Read: 0x922)"));
    EXPECT_THAT(
        spoiled([&](WitnessLook& now) {
            now.boots = {std::nullopt, refused.unavailable};
        }),
        ElementsAre("boot counter: expected reset, found unreadable (TPM2_NV_Read: 0x922)"));
}

// A 1.2 cannot have what stood in the 2.0 before it, so that is gone with the 2.0.
TEST(WitnessJudge, TakesForGoneWhatAnotherTpmCannotHave) {
    WitnessLook now = planted12();
    now.endorsement_key = is<std::string>("key 2");
    now.nv = is<std::string>("");
    now.nv.value.reset();
    now.pcr = is(std::string(40, '0'));
    EXPECT_EQ(judged("resize to another TPM", now).verdict, WitnessVerdict::as_expected);
    EXPECT_EQ(judged("resize", now).verdict, WitnessVerdict::silently_fresh);
}

} // namespace
} // namespace vtpmlab
