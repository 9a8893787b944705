#include "core/files.h"
#include "runner/failure_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::runner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Error error(ErrorKind kind, const char* message) {
    Error made;
    made.kind = kind;
    made.message = message;
    return made;
}

TEST(BlameTheLab, TakesTheProductsFailureForTheLabsOwn) {
    Error first = error(ErrorKind::lab, "the disk is full");
    auto failure = error(ErrorKind::product, "the guest did not boot");
    failure.causes = {"no answer"};
    const auto blamed =
        blame_the_lab(StepFailure(failure), {first, error(ErrorKind::lab, "it hangs")});
    EXPECT_EQ(blamed.error.kind, ErrorKind::lab);
    EXPECT_EQ(blamed.finding, report::Finding::none);
    EXPECT_EQ(blamed.error.message, "the disk is full");
    EXPECT_THAT(blamed.error.causes,
                ElementsAre("it hangs", "the step saw: the guest did not boot", "no answer"));
}

TEST(BlameTheLab, LeavesAFailureThatIsNotTheProducts) {
    const auto mistake = blame_the_lab(StepFailure(error(ErrorKind::scenario, "no such host")),
                                       {error(ErrorKind::lab, "the disk is full")});
    EXPECT_EQ(mistake.error.message, "no such host");
    const auto alone = blame_the_lab(StepFailure(error(ErrorKind::product, "wrong")), {});
    EXPECT_EQ(alone.error.kind, ErrorKind::product);
}

class FailureLogs : public testing::Test {
protected:
    std::filesystem::path log(const std::string& text) {
        const auto path = directory_.path() / "log";
        EXPECT_TRUE(write_file(path, text));
        return path;
    }
    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-test").value();
};

TEST_F(FailureLogs, GiveTheLastThreeWarnings) {
    EXPECT_THAT(
        last_warnings(log("1 WARNING a\n2 INFO b\n3 ERROR c\n4 WARNING d\n5 WARNING e\n")),
        ElementsAre("compute.log: ERROR c", "compute.log: WARNING d", "compute.log: WARNING e"));
    EXPECT_THAT(last_warnings(directory_.path() / "absent"), IsEmpty());
}

TEST_F(FailureLogs, GiveTheLastTwelveLinesOfAConsole) {
    std::string text = "first\r\n\n\x1b[1m\r\n";
    for (int i = 0; i < 11; ++i)
        text += "line " + std::to_string(i) + "\r\r\n";
    const auto lines = last_console_lines(log(text));
    ASSERT_EQ(lines.size(), 12u);
    EXPECT_EQ(lines.front(), "\\x1b[1m");
    EXPECT_EQ(lines.back(), "line 10");
}

} // namespace
} // namespace vtpmlab::runner
