#include "http/microversion.h"

#include <gtest/gtest.h>

namespace vtpmlab::http {
namespace {

const MicroversionRange compute{
    "compute", {2, 1}, {2, 96}, {2, 1}, {"X-OpenStack-Nova-API-Version"}};

TEST(Microversion, IsParsedStrictly) {
    EXPECT_EQ(parse_microversion("2.93"), (Microversion{2, 93}));
    for (const char* bad :
         {"", "2", "2.", ".1", "2.01", "2.1.1", "a.b", "2.-1", " 2.1", "2.9999999"})
        EXPECT_FALSE(parse_microversion(bad)) << bad;
}

TEST(Microversion, IsAssumedWhenNotNamed) {
    EXPECT_EQ(negotiate(Headers{}, compute), (Microversion{2, 1}));
    EXPECT_EQ(negotiate(Headers{{"OpenStack-API-Version", "placement 1.36"}}, compute),
              (Microversion{2, 1}));
}

TEST(Microversion, ComesFromEitherHeaderAndTheNewOneWins) {
    EXPECT_EQ(
        negotiate(Headers{{"openstack-api-version", "placement 1.36, compute 2.90"}}, compute),
        (Microversion{2, 90}));
    EXPECT_EQ(negotiate(Headers{{"X-OpenStack-Nova-API-Version", "2.60"}}, compute),
              (Microversion{2, 60}));
    EXPECT_EQ(negotiate(Headers{{"X-OpenStack-Nova-API-Version", "2.60"},
                                {"OpenStack-API-Version", "compute 2.61"}},
                        compute),
              (Microversion{2, 61}));
    EXPECT_EQ(negotiate(Headers{{"OpenStack-API-Version", "compute latest"}}, compute),
              (Microversion{2, 96}));
}

TEST(Microversion, IsRefusedWithItsReason) {
    auto refused = negotiate(Headers{{"OpenStack-API-Version", "compute 2.97"}}, compute);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, MicroversionRefusal::Reason::unacceptable);
    EXPECT_EQ(refused.error().asked, "2.97");
    refused = negotiate(Headers{{"OpenStack-API-Version", "compute two"}}, compute);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, MicroversionRefusal::Reason::malformed);
    EXPECT_FALSE(negotiate(Headers{{"OpenStack-API-Version", "compute"}}, compute));
}

} // namespace
} // namespace vtpmlab::http
