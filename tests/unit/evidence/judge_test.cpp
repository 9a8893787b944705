#include "evidence/judge.h"
#include "sample_report.h"

#include <gmock/gmock.h>

#include <functional>

namespace vtpmlab {
namespace {

using test::empty_report;
using test::sample_report;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// spec: nova-vtpm §4.6
TEST(Judge, TakesThreeSourcesThatAgreeForProof) {
    const Verdict crb = judge(sample_report("tpm20_crb"));
    EXPECT_THAT(objections(crb), IsEmpty());
    EXPECT_EQ(crb.tpm, (TpmDevice{TpmVersion::v2_0, TpmModel::crb}));
    EXPECT_EQ(summary(crb), "2.0 tpm-crb, 6 witnesses agree");
    EXPECT_TRUE(crb.is_clean());

    const Verdict tis = judge(sample_report("tpm12_tis"));
    EXPECT_THAT(objections(tis), IsEmpty());
    EXPECT_EQ(tis.tpm, (TpmDevice{TpmVersion::v1_2, TpmModel::tis}));
}

TEST(Judge, NeedsNoWitnessForOneThatCouldNotLook) {
    GuestReport report = sample_report("tpm20_crb");
    report.interface_registers = {std::nullopt, "/dev/mem: Operation not permitted"};
    const Verdict verdict = judge(report);
    EXPECT_EQ(verdict.finding, Finding::tpm);
    EXPECT_THAT(objections(verdict), IsEmpty());
    EXPECT_EQ(summary(verdict), "2.0 tpm-crb, 5 witnesses agree");
}

TEST(Judge, DecidesNothingWithTwoSources) {
    GuestReport report = sample_report("tpm20_crb");
    report.interface_registers = {std::nullopt, "/dev/mem: Operation not permitted"};
    report.acpi = {std::nullopt, "/sys/firmware/acpi/tables: No such file or directory"};
    const Verdict verdict = judge(report);
    EXPECT_EQ(verdict.finding, Finding::undecided);
    EXPECT_FALSE(verdict.tpm);
    EXPECT_EQ(summary(verdict), "undecided: only 2 of 3 independent sources speak for a version");
}

TEST(Judge, NamesAWitnessWhoContradicts) {
    GuestReport report = sample_report("tpm20_crb");
    report.acpi.value->start_method = 6;
    const Verdict verdict = judge(report);
    EXPECT_EQ(verdict.finding, Finding::undecided);
    EXPECT_THAT(verdict.disagreements,
                ElementsAre("acpi says tpm-tis (TPM2, start method 6, MSFT0101), but bound driver, "
                            "registers say tpm-crb"));

    report = sample_report("tpm12_tis");
    report.answered_version.value = TpmVersion::v2_0;
    EXPECT_THAT(judge(report).disagreements,
                ElementsAre("the tpm's answer says 2.0 (2.0), but device nodes, bound driver, "
                            "tpm_version_major, acpi say 1.2"));

    report = sample_report("tpm20_crb");
    report.device_nodes.value.reset();
    EXPECT_THAT(judge(report).disagreements,
                Contains("device nodes says there is no TPM (none), but bound driver, "
                         "tpm_version_major, acpi, registers, the tpm's answer see one"));
}

TEST(Judge, ProvesThatThereIsNoTpm) {
    const Verdict verdict = judge(empty_report());
    EXPECT_EQ(verdict.finding, Finding::no_tpm);
    EXPECT_TRUE(verdict.is_clean());
    EXPECT_EQ(summary(verdict), "no TPM, 6 witnesses agree");

    // All ones is what a real bus without a device reads as.
    GuestReport floating = empty_report();
    floating.interface_registers.value = InterfaceRegisters{0xffffffff, 0xffffffff};
    EXPECT_EQ(judge(floating).finding, Finding::no_tpm);
}

TEST(Judge, DoesNotTakeBlindnessForAbsence) {
    GuestReport report = empty_report();
    report.interface_registers = {std::nullopt, "/dev/mem: No such file or directory"};
    const Verdict verdict = judge(report);
    EXPECT_EQ(verdict.finding, Finding::undecided);
    EXPECT_THAT(objections(verdict),
                ElementsAre("nobody could look whether there is a TPM: registers is unavailable "
                            "(/dev/mem: No such file or directory)"));
}

TEST(Judge, OneWitnessIsEnoughAgainstAbsence) {
    GuestReport report = empty_report();
    report.acpi.value = AcpiTpm{"TPM2", 7, {"MSFT0101"}};
    const Verdict verdict = judge(report);
    EXPECT_EQ(verdict.finding, Finding::undecided);
    EXPECT_EQ(verdict.disagreements.size(), 5u);
}

TEST(Judge, ComplainsOfWhatATpmMustHave) {
    struct Row {
        std::function<void(GuestReport&)> spoil;
        const char* complaint;
    };
    const std::vector<Row> rows = {
        {[](auto& r) {
             r.self_test.value = SelfTest{false, "TPM2_SelfTest: failure"};
         },
         "the TPM's self-test failed: TPM2_SelfTest: failure"},
        {[](auto& r) { r.random.value = Bytes(32, 0); }, "the TPM's random bytes are all the same"},
        {[](auto& r) {
             r.random = {std::nullopt, "TPM2_GetRandom: failure"};
         },
         "random number is unavailable: TPM2_GetRandom: failure"},
        {[](auto& r) { r.firmware_log.value.reset(); }, "there is no firmware event log"},
        {[](auto& r) { r.firmware_log.value->bytes.pop_back(); },
         "the firmware's event log is wrong at event 13, offset 0x441: it is cut off"},
        {[](auto& r) { r.pcr_banks.value->clear(); }, "the TPM has no active PCR bank"},
        {[](auto& r) {
             r.pcr_banks.value->push_back({"sha384", {}});
         },
         "the firmware's event log has no digests for the active bank sha384"},
        {[](auto& r) { r.endorsement_certificate.value = Bytes(100, 1); },
         "the endorsement certificate is no X.509 certificate"},
        {[](auto& r) {
             r.endorsement_certificate = {std::nullopt, "TPM2_NV_Read: denied"};
         },
         "the endorsement certificate is unavailable: TPM2_NV_Read: denied"},
    };
    for (const Row& row : rows) {
        GuestReport report = sample_report("tpm20_crb");
        row.spoil(report);
        const Verdict verdict = judge(report);
        EXPECT_THAT(verdict.complaints, Contains(row.complaint)) << to_json(verdict).dump(2);
        EXPECT_FALSE(verdict.is_clean());
        EXPECT_EQ(verdict.finding, Finding::tpm);
    }
}

TEST(Judge, NoticesACertificateForAnotherKey) {
    GuestReport report = sample_report("tpm20_crb");
    report.endorsement_key = sample_report("tpm12_tis").endorsement_key;
    EXPECT_THAT(objections(judge(report)),
                ElementsAre(HasSubstr("the endorsement certificate is for the key ")));
}

TEST(Judge, NamesThePcrTheBankAndTheEvent) {
    GuestReport report = sample_report("tpm20_crb");
    report.pcr_banks.value->at(1).pcrs.at(7) = Bytes(32, 0);
    const Verdict verdict = judge(report);
    ASSERT_EQ(verdict.pcr_mismatches.size(), 1u);
    EXPECT_EQ(objections(verdict).front(),
              "PCR 7 of the bank sha256 is not what the event log makes of it: event 13 "
              "(EV_SEPARATOR, PCR 7, offset 0x441) is in the log, but neither it nor what follows "
              "was measured");
}

} // namespace
} // namespace vtpmlab
