// Recorded answers of a real Barbican against ours.

#include "key_manager_fixture.h"
#include "support/wire_replay.h"

namespace vtpmlab::fakes::barbican {
namespace {

class BarbicanWire : public KeyManagerTest {};

TEST_F(BarbicanWire, AnswersAsTheRealOne) {
    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/wire-samples.jsonl";
    config.base_url = barbican_->url();
    config.token = tokens_["demo-admin"];
    config.blanks = {{"barbican", barbican_->url()}};
    const char* lost = "the request that leads to it was not recorded";
    config.skipped = {
        {"order secret delete", lost}, {"payload put again", lost}, {"secret delete again", lost}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 30);
}

// Recorded inside the process, as a member and creator: data/record_barbican.
TEST_F(BarbicanWire, AnswersAsTheRealOneInEveryPart) {
    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/wire-samples-inside.jsonl";
    config.base_url = barbican_->url();
    config.token = tokens_["owner"];
    config.variables = {{"HOST", barbican_->url()}};
    config.blanks = {{"barbican", barbican_->url()}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 100);
}

} // namespace
} // namespace vtpmlab::fakes::barbican
