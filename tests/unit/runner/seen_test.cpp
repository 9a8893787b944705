#include "runner/seen.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::runner {
namespace {

TEST(Seen, KeepsWhatTwoRunsShare) {
    EXPECT_EQ(seen_text({{"result", "Error"}, {"count", 2}}), R"({"count":2,"result":"Error"})");
}

TEST(Seen, LeavesOutWhatDiffersFromRunToRun) {
    EXPECT_EQ(seen_text("no answer from http://127.0.0.1:40497: instance "
                        "5ec4e700-0000-4000-8000-000000000001"),
              R"("no answer from http://127.0.0.1:<port>: instance <uuid>")");
    EXPECT_EQ(seen_text({{"report", "long"}, {"owner", "tss"}}), R"({"owner":"tss"})");
}

// In the model they are null, and no finding about it.
TEST(Seen, LeavesOutTheModesOfDirectories) {
    EXPECT_EQ(seen_text({{"mode", nullptr}, {"root_mode", nullptr}, {"encrypted", true}}),
              seen_text({{"mode", "0700"}, {"root_mode", "0711"}, {"encrypted", true}}));
}

} // namespace
} // namespace vtpmlab::runner
