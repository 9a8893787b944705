// Rules of the real Glance, recorded (data/record), against ours: names, values and words of
// images, patches, members, filters, imports, tasks and metadata definitions. Each request bears
// its own token, as the recorded one did.

#include "glance_cloud.h"
#include "support/wire_replay.h"

namespace vtpmlab::fakes::glance {
namespace {

class GlanceRules : public GlanceTest {
protected:
    test::ReplayConfig config_;

    void expect_same(const std::string& samples, int at_least) {
        config_.samples = VTPMLAB_TEST_DATA "/" + samples;
        config_.base_url = glance_->url();
        config_.blanks = {{"glance", glance_->url()}};
        const auto result = test::replay(config_);
        for (const auto& difference : result.differences)
            ADD_FAILURE() << difference;
        EXPECT_GE(result.compared, at_least);
    }
};

TEST_F(GlanceRules, OfImagesAreTheRealOnes) {
    config_.skipped = {
        {"tag slash", "the kit decodes %2F inside a segment, where the real one sees two"},
        {"tag uni", "the real one, as it was recorded, takes the bytes of the path for Latin-1"},
        {"patch deact", "holds that tag"}};
    expect_same("images.jsonl", 190);
}

TEST_F(GlanceRules, OfImportsAndTasksAreTheRealOnes) { expect_same("import.jsonl", 50); }

TEST_F(GlanceRules, OfMetadefsAreTheRealOnes) {
    // What follows is the repr of a whole schema, whose long strings Python breaks.
    config_.prefixes = {{"obj bad", "is a required property"},
                        {"ns rt bad", "is a required property"}};
    expect_same("metadefs.jsonl", 75);
}

} // namespace
} // namespace vtpmlab::fakes::glance
