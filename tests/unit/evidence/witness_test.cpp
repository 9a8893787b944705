#include "evidence/witness.h"
#include "evidence/witness_table.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <functional>
#include <memory>
#include <set>

namespace vtpmlab {
namespace {

using nlohmann::json;
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

json answer() {
    const json value{{"value", nonce}};
    return {{"blobs", {{"sealed", "aa"}, {"sealed_to_pcrs", "bb"}}},
            {"witness",
             {{"nv", value},
              {"boots", {{"value", 1}}},
              {"persistent", {{"value", "0bad"}}},
              {"sealed", value},
              {"sealed_to_pcrs", value},
              {"pcr", {{"value", std::string(64, 'c')}}}}},
            {"endorsement_key",
             {{"value", {{"modulus", std::string(510, 'c') + "01"}, {"exponent", 65537}}}}}};
}

// Answers with the nonce it was given.
AskProbe honest(json reply) {
    return [reply](std::string_view, const json& params) -> Result<json> {
        json now = reply;
        if (now.is_object() && now["witness"].is_object() && params.contains("nonce"))
            for (const char* thing : {"nv", "sealed", "sealed_to_pcrs"})
                if (now["witness"][thing] == json{{"value", nonce}})
                    now["witness"][thing] = {{"value", params["nonce"]}};
        return now;
    };
}

TEST(Witness, IsSetAndReadBack) {
    const auto set = set_witness(honest(answer()), TpmVersion::v2_0);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->nonce.size(), 64u);
    EXPECT_EQ(set->then.nv.value, set->nonce);
    EXPECT_EQ(set->sealed, "aa");
    EXPECT_EQ(set->then.boots.value, 1u);
}

TEST(Witness, IsNotSetByATpmThatForgetsAtOnce) {
    json forgetful = answer();
    forgetful["witness"]["sealed"] = {{"value", "00"}};
    const auto set = set_witness(honest(forgetful), TpmVersion::v2_0);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().message,
              "the TPM does not give back what was put into its sealed object");
}

// What was never seen could be missed by nobody later.
TEST(Witness, MustShowAllThatItsVersionHas) {
    const auto planted_as = [](TpmVersion version, std::vector<const char*> unseen) {
        json blind = answer();
        for (const char* thing : unseen)
            blind["witness"][thing] = {{"unavailable", "not part of the witness"}};
        const auto set = set_witness(honest(blind), version);
        return set ? std::string("planted") : set.error().message;
    };
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {}), "planted");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"nv"}),
              "the guest shows no NV index: not part of the witness");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"boots"}),
              "the guest shows no boot counter: not part of the witness");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"persistent"}),
              "the guest shows no persistent key: not part of the witness");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"sealed"}),
              "the guest shows no sealed object: not part of the witness");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"sealed_to_pcrs"}),
              "the guest shows no object sealed to PCRs: not part of the witness");
    EXPECT_EQ(planted_as(TpmVersion::v2_0, {"pcr"}),
              "the guest shows no PCR extended by hand: not part of the witness");
    const std::vector<const char*> of_2_0 = {"boots", "persistent", "sealed", "sealed_to_pcrs"};
    EXPECT_EQ(planted_as(TpmVersion::v1_2, of_2_0), "planted");
    EXPECT_EQ(planted_as(TpmVersion::v1_2, {"nv"}),
              "the guest shows no NV index: not part of the witness");
}

TEST(Witness, TakesNothingFromAGuestUnchecked) {
    const auto refused = [](auto spoil) {
        json spoiled = answer();
        spoil(spoiled);
        const auto set = set_witness(honest(spoiled), TpmVersion::v2_0);
        return set ? std::string("accepted") : set.error().message;
    };
    EXPECT_THAT(refused([](json& j) { j.erase("blobs"); }), HasSubstr("blobs"));
    EXPECT_THAT(refused([](json& j) { j["more"] = 1; }), HasSubstr("more"));
    EXPECT_THAT(refused([](json& j) { j["witness"]["nv"] = 7; }), HasSubstr("/witness/nv"));
    EXPECT_THAT(refused([](json& j) {
                    j["witness"]["pcr"] = {{"value", "xyz"}};
                }),
                HasSubstr("/witness/pcr"));
    EXPECT_THAT(refused([](json& j) {
                    j["witness"]["boots"] = {{"value", -1}};
                }),
                HasSubstr("/witness/boots"));
    EXPECT_THAT(refused([](json& j) { j["blobs"]["sealed"] = std::string(10'000, 'a'); }),
                HasSubstr("/blobs/sealed"));
    EXPECT_THAT(refused([](json& j) { j["witness"] = nullptr; }), HasSubstr("/witness"));
    EXPECT_THAT(refused([](json& j) {
                    j["endorsement_key"] = {{"value", nullptr}};
                }),
                HasSubstr("no endorsement key"));
    EXPECT_THAT(refused([](json& j) { j = json::array(); }), HasSubstr("an object"));
}

// A disk that keeps what it is given, and says it in one way or another.
AskProbe disk_that(std::function<json(const std::string&)> says) {
    return [says, kept = std::make_shared<std::string>()](std::string_view op,
                                                          const json& params) -> Result<json> {
        if (op == "write_disk_mark")
            *kept = params.at("mark");
        return says(*kept);
    };
}

TEST(Witness, IsSetInADiskAndReadBack) {
    const auto honest = disk_that([](const std::string& kept) {
        return json{{"mark", {{"value", kept}}}};
    });
    WitnessSet set;
    const auto marked = mark_disk(honest, set);
    ASSERT_TRUE(marked) << marked.error().message;
    const WitnessSet first = set;
    EXPECT_EQ(first.then.disk.value->size(), 64u);
    EXPECT_EQ(first.before.disk, first.then.disk);
    EXPECT_EQ(look_for_witness(honest, first)->disk, first.then.disk);

    ASSERT_TRUE(mark_disk(honest, set));
    EXPECT_NE(set.then.disk, first.then.disk);
    EXPECT_EQ(set.before.disk, first.then.disk) << "a revert must bring back the first";
}

TEST(Witness, IsNotSetInADiskThatForgetsOrIsNotThere) {
    const auto refused = [](json answer) {
        WitnessSet set;
        const auto marked = mark_disk(disk_that([&](const std::string&) { return answer; }), set);
        EXPECT_FALSE(set.then.disk.value);
        return marked ? std::string("marked") : marked.error().message;
    };
    EXPECT_EQ(refused({{"mark", {{"value", std::string(64, '0')}}}}),
              "the disk does not give back what was written to it");
    EXPECT_EQ(refused({{"mark", {{"value", nullptr}}}}), "the guest shows no disk: none");
    EXPECT_EQ(refused({{"mark", {{"unavailable", "no driver"}}}}),
              "the guest shows no disk: no driver");
    EXPECT_THAT(refused({{"mark", {{"value", "00"}}}}), HasSubstr("/mark"));
    EXPECT_THAT(refused({{"mark", 7}}), HasSubstr("/mark"));
    EXPECT_THAT(refused({{"mark", {{"value", nullptr}}}, {"more", 1}}), HasSubstr("more"));
}

} // namespace
} // namespace vtpmlab
