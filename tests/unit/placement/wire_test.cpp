// Recorded answers of a real Placement against ours.

#include "placement/placement.h"
#include "support/fake_tokens.h"
#include "support/wire_replay.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::placement {
namespace {

TEST(PlacementWire, AnswersAsTheRealOne) {
    PlacementConfig placement_config;
    placement_config.validator = std::make_shared<test::FakeTokens>();
    const auto placement = std::move(*Placement::start(std::move(placement_config)));
    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/wire-samples.jsonl";
    config.base_url = placement->url();
    config.token = test::fake_token("admin", "admin", "admin");
    config.blanks = {{"placement", placement->url()}};
    config.repeated = {"allocations delete again", "provider delete again"};
    config.skipped = {{"provider delete 2", "how that provider was made was not recorded"}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 40);
}

} // namespace
} // namespace vtpmlab::fakes::placement
