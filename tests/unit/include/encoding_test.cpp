#include <vtpmlab/encoding.h>

#include <gtest/gtest.h>

#include <set>

namespace vtpmlab {
namespace {

std::string decoded(std::string_view text) {
    const auto bytes = base64_decode(text);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "(refused)";
}

TEST(Base64, KnowsTheVectorsOfRfc4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        EXPECT_EQ(base64_encode(std::string_view(plain)), coded);
        EXPECT_EQ(decoded(coded), plain);
    }
}

TEST(Base64, RefusesWhatIsNotBase64) {
    for (const char* bad : {"Z", "Zg", "Zg=", "Zg=a", "Z===", "Zh==", "Zm9=", "Zm 9v", "===="})
        EXPECT_EQ(decoded(bad), "(refused)") << bad;
}

TEST(Hex, GoesThereAndBack) {
    const std::vector<unsigned char> bytes = {0x00, 0x7f, 0xff};
    EXPECT_EQ(hex(bytes), "007fff");
    EXPECT_EQ(unhex("007FfF"), bytes);
    EXPECT_EQ(unhex("0"), std::nullopt);
    EXPECT_EQ(unhex("0g"), std::nullopt);
}

TEST(RandomUuid, IsVersionFourAndNeverTheSame) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = random_uuid();
        EXPECT_TRUE(is_uuid(uuid));
        EXPECT_EQ(uuid[14], '4');
        EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
        EXPECT_TRUE(seen.insert(uuid).second);
    }
}

TEST(IsUuid, WantsTheDashesInTheirPlaces) {
    EXPECT_TRUE(is_uuid("01234567-89ab-4def-8123-456789abcdef"));
    EXPECT_FALSE(is_uuid("0123456789ab4def8123456789abcdef"));
    EXPECT_FALSE(is_uuid("01234567-89ab-4def-8123-456789abcdeg"));
}

} // namespace
} // namespace vtpmlab
