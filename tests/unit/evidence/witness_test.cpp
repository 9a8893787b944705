#include "evidence/witness.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <memory>

namespace vtpmlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string nonce(64, '5');

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
