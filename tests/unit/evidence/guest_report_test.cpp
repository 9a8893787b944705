#include "evidence/guest_report.h"
#include "sample_report.h"

#include <gmock/gmock.h>

#include <random>

namespace vtpmlab {
namespace {

using nlohmann::json;
using test::sample_json;
using test::sample_report;
using testing::HasSubstr;

std::string refusal(const std::string& pointer, const json& value) {
    json report = sample_json("tpm20_crb");
    report[json::json_pointer(pointer)] = value;
    const auto parsed = parse_report(report);
    return parsed ? "" : parsed.error().message;
}

TEST(GuestReport, IsReadFromWhatItWasWrittenTo) {
    for (const char* name : {"tpm12_tis", "tpm20_crb"}) {
        const json written = to_json(sample_report(name));
        const auto read = parse_report(json::parse(written.dump()));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(to_json(*read), written);
    }
}

TEST(GuestReport, KeepsNothingApartFromCouldNotLook) {
    json report = sample_json("tpm20_crb");
    report["acpi"] = {{"value", nullptr}};
    report["driver"] = {{"unavailable", "/sys/class/tpm: Permission denied"}};
    const auto parsed = parse_report(report);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(parsed->acpi.was_looked_at());
    EXPECT_FALSE(parsed->acpi.value);
    EXPECT_FALSE(parsed->driver.was_looked_at());
    EXPECT_EQ(parsed->driver.unavailable, "/sys/class/tpm: Permission denied");
}

TEST(GuestReport, FingerprintsTheEndorsementKeyItself) {
    json report = sample_json("tpm20_crb");
    const std::string right = sample_report("tpm20_crb").endorsement_key.value->fingerprint;
    EXPECT_EQ(right.size(), 64u);
    report["endorsement_key"]["value"]["fingerprint"] = std::string(64, '0');
    EXPECT_EQ(parse_report(report)->endorsement_key.value->fingerprint, right);
}

TEST(GuestReport, NamesTheKeyAndWhatWasFound) {
    const std::string wrong = "the guest's report is wrong at ";
    EXPECT_EQ(parse_report(json(7)).error().message, wrong + "/: an object was expected, found 7");
    EXPECT_EQ(refusal("/kernel", nullptr), wrong + "/kernel: a text was expected, found null");
    EXPECT_EQ(refusal("/kernel", "a\x1b[2J"),
              wrong + "/kernel: a printable text of at most 128 characters was expected, found "
                      "'a\\x1b[2J'");
    EXPECT_EQ(refusal("/extra", 1), wrong + "/: no key 'extra' was expected, found an object");
    EXPECT_EQ(refusal("/acpi/value/start_method", -1),
              wrong + "/acpi/value/start_method: a number from 0 to 4294967295 was expected, found "
                      "-1");
    EXPECT_EQ(refusal("/driver", json::array()),
              wrong + "/driver: an object was expected, found an array of 0");
    EXPECT_EQ(refusal("/driver", {{"unavailable", ""}}),
              wrong + "/driver/unavailable: a reason was expected, found ''");
    EXPECT_EQ(refusal("/answered_version/value", "3.0"),
              wrong + "/answered_version/value: '1.2' or '2.0' was expected, found '3.0'");
    EXPECT_EQ(refusal("/pcr_banks/value/0/pcrs/0", "00"),
              wrong + "/pcr_banks/value/0/pcrs/0: 20 bytes in hex was expected, found '00'");
    EXPECT_EQ(refusal("/endorsement_key/value/exponent", 4),
              wrong +
                  "/endorsement_key/value/exponent: an odd number from 3 was expected, found 4");
    EXPECT_EQ(refusal("/firmware_log/value/bytes", "*"),
              wrong + "/firmware_log/value/bytes: at most 131072 bytes in base64 was expected, "
                      "found '*'");
    EXPECT_THAT(refusal("/pcr_banks/value/0/pcrs/007", std::string(40, '0')),
                HasSubstr("the number of a PCR for a key was expected"));
    EXPECT_THAT(refusal("/pcr_banks/value/1/algorithm", "sha1"), HasSubstr("hex was expected"));
}

// Whatever stands in place of any value of a report, it is refused or read, and nothing else.
TEST(GuestReport, OutlivesEveryValueInEveryPlace) {
    const json good = sample_json("tpm20_crb");
    const std::vector<json> strange = {nullptr,
                                       true,
                                       -1,
                                       1e300,
                                       "",
                                       std::string(300, 'x'),
                                       json::array(),
                                       json::object(),
                                       json::array({json::array()}),
                                       18446744073709551615u};
    const json flat = good.flatten();
    for (const auto& [pointer, value] : flat.items())
        for (const json& instead : strange) {
            json bad = good;
            bad[json::json_pointer(pointer)] = instead;
            if (const auto parsed = parse_report(bad)) {
                EXPECT_NO_THROW((void)to_json(*parsed).dump());
            }
        }
    for (auto at = good.begin(); at != good.end(); ++at)
        for (const json& instead : strange) {
            json bad = good;
            bad[at.key()] = instead;
            EXPECT_FALSE(at.key() != "timings_us" && at.key() != "kernel" && parse_report(bad))
                << at.key() << " = " << instead;
            bad.erase(at.key());
            EXPECT_FALSE(parse_report(bad)) << at.key();
        }
}

} // namespace
} // namespace vtpmlab
