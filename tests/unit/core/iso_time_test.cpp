#include "core/iso_time.h"

#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

TEST(IsoTime, WritesAndReadsTheFormOfTheApis) {
    const auto time = parse_iso_time("2026-08-21T10:00:00Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(iso_time(*time), "2026-08-21T10:00:00Z");
}

TEST(IsoTime, TakesFractionsAndMissingZoneForUtc) {
    EXPECT_EQ(parse_iso_time("2026-08-21T10:00:00.000000Z"), parse_iso_time("2026-08-21T10:00:00"));
}

TEST(IsoTime, RefusesWhatIsNoTime) { EXPECT_EQ(parse_iso_time("tomorrow"), std::nullopt); }

} // namespace
} // namespace vtpmlab
