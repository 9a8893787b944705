// What a real Keystone answered to right and wrong requests about everything it keeps
// (data/record_keystone), against ours, word for word.

#include "keystone_fixture.h"
#include "support/wire_replay.h"

namespace vtpmlab::fakes::keystone {
namespace {

using KeystoneResources = KeystoneTest;

TEST_F(KeystoneResources, AreMadeChangedAndRefusedAsByTheRealOne) {
    test::ReplayConfig config;
    config.samples = VTPMLAB_TEST_DATA "/resources.jsonl";
    config.base_url = keystone_->url() + "/v3";
    config.variables = {{"ADMIN", token("admin", "admin")},
                        {"OWNER", token("owner", "demo")},
                        {"i23", owner_}}; // whom the recording had before it began
    config.blanks = {{"keystone", keystone_->url()}};
    // Ours shows no password in a refusal, which ends with what was sent.
    config.prefixes = {{"password half", "On instance:"}};
    config.skipped = {{"region list by member", "the order of regions is the database's"}};
    config.ignored = {{"/links/self", "the clients write the commas of a query differently"}};
    const auto result = test::replay(config);
    for (const auto& difference : result.differences)
        ADD_FAILURE() << difference;
    EXPECT_GE(result.compared, 480);
}

} // namespace
} // namespace vtpmlab::fakes::keystone
