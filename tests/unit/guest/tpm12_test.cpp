#include "probe/tpm.h"

#include <vtpmlab/encoding.h>

#include <gmock/gmock.h>

#include <map>

namespace vtpmlab::probe {
namespace {

using testing::HasSubstr;

// Answers each command as it was told to; all in hex.
class ScriptedTransport final : public Transport {
public:
    explicit ScriptedTransport(std::map<std::string, std::string> script)
        : script_(std::move(script)) {}

    Result<Bytes> transmit(std::span<const unsigned char> command) override {
        const auto found = script_.find(hex(command));
        if (found == script_.end())
            return fail(ErrorKind::product, "no answer to " + hex(command));
        return *unhex(found->second);
    }

private:
    std::map<std::string, std::string> script_;
};

std::unique_ptr<Tpm> tpm_with(const std::string& command, const std::string& answer) {
    return make_tpm12(
        std::make_unique<ScriptedTransport>(std::map<std::string, std::string>{{command, answer}}));
}

constexpr const char* ask_two = "80010000001600"
                                "00017a000000060000010000000001";
constexpr const char* says_two = "80010000001b00000000"
                                 "0100000006000000010000010032"
                                 "2e3000";
constexpr const char* ask_one_two = "00c1000000120000"
                                    "00650000001a00000000";
constexpr const char* says_one_two = "00c40000001d00000000"
                                     "0000000f"
                                     "0030010212"
                                     "9e00020349"
                                     "424d000000";
constexpr const char* bad_tag = "00c40000000a0000001e";

Result<TpmVersion> version_of(const char* two, const char* one_two) {
    ScriptedTransport transport({{ask_two, two}, {ask_one_two, one_two}});
    return ask_version(transport);
}

TEST(AskVersion, BelievesTheLanguageThatIsAnswered) {
    EXPECT_EQ(version_of(says_two, bad_tag), TpmVersion::v2_0);
    EXPECT_EQ(version_of(bad_tag, says_one_two), TpmVersion::v1_2);
}

TEST(AskVersion, RefusesNeitherAndBoth) {
    EXPECT_EQ(version_of(bad_tag, bad_tag).error().message,
              "the TPM answers neither as 1.2 nor as 2.0");
    EXPECT_EQ(version_of(says_two, says_one_two).error().message,
              "the TPM answers as 1.2 and as 2.0");
    EXPECT_FALSE(version_of("", "80"));
}

TEST(Tpm12, TellsItsVendor) {
    const auto vendor = tpm_with(ask_one_two, says_one_two)->vendor();
    ASSERT_TRUE(vendor) << vendor.error().message;
    EXPECT_EQ(vendor->manufacturer, "IBM");
    EXPECT_EQ(vendor->firmware, "1.2.18.158");
}

TEST(Tpm12, SaysWhichCommandWasRefusedAndHow) {
    const auto random = tpm_with("00c10000000e0000004600000020", bad_tag)->random(32);
    ASSERT_FALSE(random);
    EXPECT_EQ(random.error().message, "the TPM answered with code 0x1e");
    EXPECT_EQ(random.error().where, "TPM_GetRandom");
}

TEST(Tpm12, RefusesAnswersThatLieAboutTheirLength) {
    const std::string command = "00c10000000e0000004600000001";
    for (const char* answer :
         {"", "00c4", "00c40000000f0000000000000001", // header says 15, is 14
          "00c40000000e0000000000000001",             // no byte of random
          "00c40000000f00000000ffffffffaa", "80010000000f0000000000000001aa"}) {
        const auto random = tpm_with(command, answer)->random(1);
        ASSERT_FALSE(random) << answer;
        EXPECT_EQ(random.error().message, "the answer is malformed") << answer;
    }
    EXPECT_EQ(tpm_with(command, "00c40000000f0000000000000001aa")->random(1).value(), Bytes{0xaa});
}

// A TPM that is not swtpm's must not be written to.
TEST(SoftwareTpm, ExistsOnlyForTheSoftwareTpm) {
    const auto software = tpm_with(ask_one_two, says_one_two);
    EXPECT_TRUE(SoftwareTpm::prove(*software));

    std::string other = says_one_two;
    other.replace(other.find("49424d00"), 8, "49465800"); // IFX
    const auto hardware = tpm_with(ask_one_two, other);
    EXPECT_EQ(SoftwareTpm::prove(*hardware).error().message,
              "will not write to a TPM made by 'IFX': only the software TPM's (IBM, swtpm) may "
              "change");
}

// The whole of it, on a real TPM 1.2: tests/guest.
TEST(Tpm12, SaysWhichPartOfTheWitnessIsNotThere) {
    const std::string read_space = "00c100000016000000cf"
                                   "00018f770000000000000020";
    const std::string read_pcr = "00c10000000e000000150000000f";
    const std::string value(40, 'b');
    const auto tpm =
        make_tpm12(std::make_unique<ScriptedTransport>(std::map<std::string, std::string>{
            {read_space, "00c40000000a00000002"}, {read_pcr, "00c40000001e00000000" + value}}));
    const Witness now = tpm->witness({});
    EXPECT_EQ(hex(now.pcr.value().value()), value);
    EXPECT_EQ(now.nv.value(), std::nullopt);
    EXPECT_EQ(now.boots.error().message, "not part of the witness in a TPM 1.2");
}

} // namespace
} // namespace vtpmlab::probe
