#include "xml/secret_xml.h"

#include <gtest/gtest.h>

namespace vtpmlab::xml {
namespace {

SecretSpec spec() {
    return {.uuid = "11111111-2222-4333-8444-555555555555",
            .usage_name = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
            .ephemeral = true,
            .is_private = true};
}

// spec: nova-vtpm §4.3
TEST(SecretXml, IsNovas) {
    EXPECT_EQ(secret_xml(spec()), "<secret ephemeral=\"yes\" private=\"yes\">\n"
                                  "  <uuid>11111111-2222-4333-8444-555555555555</uuid>\n"
                                  "  <usage type=\"vtpm\">\n"
                                  "    <name>aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee</name>\n"
                                  "  </usage>\n"
                                  "</secret>\n");
}

TEST(SecretXml, IsReadBackAsItWasWritten) {
    for (const bool ephemeral : {false, true})
        for (const bool is_private : {false, true}) {
            SecretSpec written = spec();
            written.ephemeral = ephemeral;
            written.is_private = is_private;
            const auto read = parse_secret(secret_xml(written));
            ASSERT_TRUE(read);
            EXPECT_EQ(read->uuid, written.uuid);
            EXPECT_EQ(read->usage_name, written.usage_name);
            EXPECT_EQ(read->ephemeral, ephemeral);
            EXPECT_EQ(read->is_private, is_private);
        }
}

TEST(SecretXml, SomethingElseIsRefused) {
    EXPECT_EQ(parse_secret("<domain/>").error().message,
              "the secret's XML is a <domain>, expected a <secret>");
    EXPECT_EQ(parse_secret("<secret>").error().message,
              "the secret's XML is not XML: Start-end tags mismatch at byte 7");
}

} // namespace
} // namespace vtpmlab::xml
