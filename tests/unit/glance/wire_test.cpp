// Recorded answers of a real Glance against ours.

#include "glance_cloud.h"
#include "support/wire_replay.h"

namespace vtpmlab::fakes::glance {
namespace {

using GlanceWire = GlanceTest;

TEST_F(GlanceWire, AnswersAsTheRealOne) {
    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/wire-samples.jsonl";
    config.base_url = glance_->url();
    config.token = "admin@0123456789abcdef0123456789abcdef:admin,member,reader";
    config.blanks = {{"glance", glance_->url()}};
    // The recording client accepted nothing in particular, which ours cannot say.
    config.headers = {{"Accept", "text/plain"}};
    config.skipped = {{"delete protected", "the patch that protects the image is not recorded"}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 50);
}

} // namespace
} // namespace vtpmlab::fakes::glance
