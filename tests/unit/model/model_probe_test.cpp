// What the model says in place of a guest is read and judged by what reads and judges guests.

#include "core/files.h"
#include "evidence/witness.h"
#include "evidence/witness_table.h"
#include "hypervisor/model/model_probe.h"

#include <vtpmlab/witness_block.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::model {
namespace {

constexpr const char* server = "6f70656e-7374-4163-8b00-000000000001";
constexpr const char* secret = "5ec4e700-0000-4000-8000-000000000001";

class ModelProbeTest : public testing::TestWithParam<TpmVersion> {
protected:
    void SetUp() override {
        spec_.uuid = server;
        spec_.name = "instance-1";
        spec_.tpm = DomainTpm{{GetParam(), TpmModel::tis}, secret};
        spec_.disk = disk_of_an_image("here");
        start(host_);
    }

    std::filesystem::path disk_of_an_image(const char* name) {
        std::array<unsigned char, witness_block::size> block;
        witness_block::prepare(block);
        const auto file = directory_.path() / name;
        EXPECT_TRUE(write_file(file, std::string(witness_block::offset, '\0') +
                                         std::string(block.begin(), block.end())));
        return file;
    }

    void start(ModelHypervisor& host) {
        ASSERT_TRUE(host.define_secret({secret, server, false, false}, SecretValue("pass")));
        ASSERT_TRUE(host.define(spec_));
        ASSERT_TRUE(host.start(server));
    }

    static AskProbe probe(ModelHypervisor& host) {
        return
            [&host](std::string_view op, const nlohmann::json& params) -> Result<nlohmann::json> {
                VTPMLAB_TRY(const auto text, answer_probe(host, server, op, params.dump()));
                return nlohmann::json::parse(text);
            };
    }

    WitnessVerdict after(const char* operation, ModelHypervisor& host) {
        const auto now = look_for_witness(probe(host), set_);
        EXPECT_TRUE(now) << now.error().message;
        if (!now)
            return WitnessVerdict::undecided;
        const auto judgement = judge_witness(*find_operation(operation), set_, *now);
        EXPECT_THAT(disagreements(judgement), testing::IsEmpty()) << operation;
        set_ = carried_on(std::move(set_), *now);
        return judgement.verdict;
    }

    void plant() {
        auto set = set_witness(probe(host_), GetParam());
        ASSERT_TRUE(set) << set.error().message;
        set_ = std::move(*set);
        const auto marked = mark_disk(probe(host_), set_);
        ASSERT_TRUE(marked) << marked.error().message;
        EXPECT_FALSE(set_witness(probe(host_), GetParam())) << "there is one already";
    }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
    ModelHypervisor host_{ModelConfig{}};
    ModelHypervisor other_{ModelConfig{}};
    DomainSpec spec_;
    WitnessSet set_;
};

TEST_P(ModelProbeTest, KeepsTheTpmThroughEverythingThatKeepsIt) {
    plant();
    EXPECT_EQ(after("nothing", host_), WitnessVerdict::as_expected);
    ASSERT_TRUE(host_.managed_save(server));
    ASSERT_TRUE(host_.start(server));
    EXPECT_EQ(after("suspend and resume", host_), WitnessVerdict::as_expected);

    ASSERT_TRUE(other_.define_secret({secret, server, false, false}, SecretValue("pass")));
    Migration migration;
    migration.destination = other_.uri();
    migration.domain = spec_;
    migration.domain.disk = disk_of_an_image("there");
    ASSERT_TRUE(host_.migrate(server, migration));
    EXPECT_EQ(after("live migration", other_), WitnessVerdict::as_expected);

    ASSERT_TRUE(other_.destroy(server));
    ASSERT_TRUE(other_.undefine(server, KeepTpm::yes));
    start(other_);
    EXPECT_EQ(after("hard reboot", other_), WitnessVerdict::as_expected);
    ASSERT_TRUE(other_.power_off());
    ASSERT_TRUE(other_.boot());
    ASSERT_TRUE(other_.start(server));
    EXPECT_EQ(after("power loss", other_), WitnessVerdict::as_expected);

    ASSERT_TRUE(other_.destroy(server));
    const auto saved = directory_.path() / "resize/swtpm";
    ASSERT_TRUE(other_.save_tpm_state(server, saved).value());
    ASSERT_TRUE(host_.restore_tpm_state(saved / server, "tss", "tss"));
    start(host_);
    EXPECT_EQ(after("cold migration", host_), WitnessVerdict::as_expected);
}

TEST_P(ModelProbeTest, TellsADiskThatArrivedEmpty) {
    plant();
    ASSERT_TRUE(other_.define_secret({secret, server, false, false}, SecretValue("pass")));
    Migration migration;
    migration.destination = other_.uri();
    migration.domain = spec_;
    migration.domain.disk = disk_of_an_image("there");
    migration.copies_disk = false;
    ASSERT_TRUE(host_.migrate(server, migration));
    const auto now = look_for_witness(probe(other_), set_);
    ASSERT_TRUE(now) << now.error().message;
    const auto judgement = judge_witness(*find_operation("live migration"), set_, *now);
    EXPECT_EQ(judgement.verdict, WitnessVerdict::wrong_disk);
    EXPECT_THAT(disagreements(judgement),
                testing::ElementsAre("disk: expected same, found reset (as its image has it)"));
}

TEST_P(ModelProbeTest, WritesToNoDiskThatWasNotLeftToIt) {
    ASSERT_TRUE(write_file(*spec_.disk, std::string(65536, 'x')));
    const auto marked = mark_disk(probe(host_), set_);
    ASSERT_FALSE(marked);
    EXPECT_EQ(marked.error().message, "the disk's image left no block to a witness");
}

TEST_P(ModelProbeTest, TellsAFreshTpmFromTheOneThatWas) {
    plant();
    ASSERT_TRUE(host_.destroy(server));
    ASSERT_TRUE(host_.undefine(server, KeepTpm::no));
    start(host_);
    const auto now = look_for_witness(probe(host_), set_);
    ASSERT_TRUE(now) << now.error().message;
    EXPECT_EQ(judge_witness(*find_operation("hard reboot"), set_, *now).verdict,
              WitnessVerdict::silently_fresh);
    if (GetParam() == TpmVersion::v2_0) {
        EXPECT_EQ(judge_witness(*find_operation("resize to another TPM"), set_, *now).verdict,
                  WitnessVerdict::as_expected);
    }
}

TEST_P(ModelProbeTest, IsSilentLikeAGuestThatDoesNotRun) {
    ASSERT_TRUE(host_.suspend(server));
    EXPECT_FALSE(answer_probe(host_, server, "check_witness", "{}"));
    ASSERT_TRUE(host_.resume(server));
    EXPECT_TRUE(answer_probe(host_, server, "check_witness", "{}"));
    ASSERT_TRUE(host_.kill_swtpm(server));
    EXPECT_FALSE(answer_probe(host_, server, "plant_witness", "{}"));
    EXPECT_FALSE(answer_probe(host_, server, "report", "{}"));
    EXPECT_FALSE(answer_probe(host_, server, "check_witness", "no json"));
}

INSTANTIATE_TEST_SUITE_P(Versions, ModelProbeTest,
                         testing::Values(TpmVersion::v1_2, TpmVersion::v2_0));

} // namespace
} // namespace vtpmlab::model
