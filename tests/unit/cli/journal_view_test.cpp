#include "cli/journal_file.h"
#include "cli/journal_line.h"
#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace vtpmlab::cli {
namespace {

using testing::ElementsAre;

constexpr const char* entry =
    R"({"number":7,"time":"2026-11-22T05:12:36.123456Z","service":"placement","method":"GET",)"
    R"("target":"/traits?name=startswith:HW","status":200,"duration_us":1234,"user":"owner",)"
    R"("project":"demo","service_user":"nova"})";

std::string with_status(int status) {
    std::string text = entry;
    return text.replace(text.find("200"), 3, std::to_string(status));
}

TEST(JournalLine, StandsUnderItsHeading) {
    EXPECT_EQ(journal_heading() + *journal_line(entry, {}),
              "time (UTC)    service    status         ms  who               method  path\n"
              "05:12:36.123  placement     200        1.2  owner@demo +nova  GET     "
              "/traits?name=startswith:HW\n");
}

TEST(JournalLine, NamesNobodyWhereThereWasNoToken) {
    EXPECT_EQ(*journal_line(R"({"time":"2026-11-22T05:12:36.1Z","service":"keystone",)"
                            R"("method":"POST","target":"/v3/auth/tokens","status":201})",
                            {}),
              "05:12:36.1    keystone      201        0.0  -                 POST    "
              "/v3/auth/tokens\n");
}

TEST(JournalLine, IsLeftOutForAnotherService) {
    JournalView view;
    view.service = "barbican";
    EXPECT_EQ(journal_line(entry, view), std::nullopt);
    view.service = "placement";
    EXPECT_NE(journal_line(entry, view), std::nullopt);
}

TEST(JournalLine, LeavesOutTheServicesOwnTokenChecks) {
    const std::string check =
        R"({"service":"keystone","method":"GET","target":"/v3/auth/tokens","status":200,)"
        R"("user":"glance","project":"service"})";
    JournalView view;
    view.token_checks = false;
    EXPECT_EQ(journal_line(check, view), std::nullopt);
    EXPECT_NE(journal_line(check, {}), std::nullopt);
}

TEST(JournalLine, IsColouredByWhatWentWrong) {
    JournalView view;
    view.colour = report::Colour::on;
    EXPECT_THAT(*journal_line(with_status(403), view), testing::StartsWith("\x1b[33m05:12"));
    EXPECT_THAT(*journal_line(with_status(500), view), testing::StartsWith("\x1b[31m05:12"));
    EXPECT_THAT(*journal_line(entry, view), testing::StartsWith("05:12"));
}

TEST(JournalLine, IsCutToTheWindow) {
    JournalView view;
    view.width = 30;
    EXPECT_EQ(*journal_line(entry, view), "05:12:36.123  placement     2…\n");
}

TEST(JournalLine, IsNoneOfWhatIsNoEntry) {
    EXPECT_EQ(journal_line("", {}), std::nullopt);
    EXPECT_EQ(journal_line("[1]", {}), std::nullopt);
    EXPECT_EQ(journal_line(R"({"status":)", {}), std::nullopt);
}

TEST(JournalLine, CannotMoveTheCursor) {
    EXPECT_THAT(*journal_line(R"({"service":"x","target":"/\u001b[2J","status":200})", {}),
                testing::HasSubstr("/\\x1b[2J\n"));
}

TEST(EventLine, SaysWhatAServiceDid) {
    EXPECT_EQ(event_line("2026-11-22T05:12:36.123Z INFO nova-compute compute-1 started", {}),
              "05:12:36.123  nova-compute  compute-1 started\n");
}

class JournalFile : public testing::Test {
protected:
    std::filesystem::path path() const { return directory_.path() / "journal.jsonl"; }
    std::vector<std::string> read(JournalReader& reader) {
        std::vector<std::string> lines;
        reader.read_on([&](std::string_view line) { lines.emplace_back(line); });
        return lines;
    }
    TemporaryDirectory directory_ = std::move(*TemporaryDirectory::create("vtpmlab-test"));
};

TEST_F(JournalFile, IsForItsOwnerAlone) {
    const auto writer = JournalWriter::create(path());
    ASSERT_TRUE(writer);
    struct stat info {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(JournalFile, SaysWhereItCannotBeWritten) {
    const auto writer = JournalWriter::create(path() / "journal.jsonl");
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().message, "cannot write the journal: No such file or directory");
    EXPECT_EQ(writer.error().where, path() / "journal.jsonl");
    EXPECT_EQ(writer.error().hint, "free some disk space, or choose another place with TMPDIR");
}

TEST_F(JournalFile, IsReadWhileItIsWritten) {
    auto writer = JournalWriter::create(path());
    JournalReader reader(path());
    ASSERT_TRUE(writer->append("one\ntwo\n"));
    EXPECT_THAT(read(reader), ElementsAre("one", "two"));
    EXPECT_THAT(read(reader), ElementsAre());
    ASSERT_TRUE(writer->append("thr"));
    EXPECT_THAT(read(reader), ElementsAre());
    ASSERT_TRUE(writer->append("ee\n"));
    EXPECT_THAT(read(reader), ElementsAre("three"));
}

TEST_F(JournalFile, GoesOnInANewFileWhenItIsFull) {
    auto writer = JournalWriter::create(path(), 10);
    JournalReader early(path());
    ASSERT_TRUE(writer->append("first\n"));
    EXPECT_THAT(read(early), ElementsAre("first"));
    ASSERT_TRUE(writer->append("again\n"));
    EXPECT_THAT(read(early), ElementsAre("again"));
    JournalReader late(path());
    EXPECT_THAT(read(late), ElementsAre("first", "again"));
    ASSERT_TRUE(writer->append("third\n"));
    EXPECT_THAT(read(early), ElementsAre("third"));
    JournalReader latest(path());
    EXPECT_THAT(read(latest), ElementsAre("again", "third"));
}

} // namespace
} // namespace vtpmlab::cli
