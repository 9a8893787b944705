#include "http/journal.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::http {
namespace {

JournalEntry entry(std::string target) {
    JournalEntry e;
    e.service = "placement";
    e.method = "GET";
    e.target = std::move(target);
    e.status = 200;
    return e;
}

TEST(Journal, ForgetsTheOldestFirst) {
    Journal journal({.entries = 2, .bytes = 1 << 20});
    for (const char* target : {"/1", "/2", "/3"})
        journal.record(entry(target));
    const auto held = journal.entries();
    ASSERT_EQ(held.size(), 2u);
    EXPECT_EQ(held[0].target, "/2");
    EXPECT_EQ(held[0].number, 2u);
    EXPECT_EQ(journal.total(), 3u);
    EXPECT_EQ(journal.dropped(), 1u);
}

TEST(Journal, IsBoundedInBytes) {
    Journal journal({.entries = 1000, .bytes = 10000});
    for (int i = 0; i < 100; ++i)
        journal.record(entry(std::string(1000, 'x')));
    EXPECT_LT(journal.entries().size(), 10u);
    EXPECT_EQ(journal.total(), 100u);
}

TEST(Journal, WritesOneJsonObjectALine) {
    Journal journal;
    JournalEntry e = entry("/traits");
    e.time = Clock::Time(std::chrono::seconds(1));
    e.response_body = R"({"traits":[]})";
    e.request_body = "<3 bytes>";
    journal.record(e);
    EXPECT_EQ(
        journal.to_jsonl(),
        R"({"number":1,"time":"1970-01-01T00:00:01.000000Z","service":"placement","method":"GET",)"
        R"("target":"/traits","status":200,"duration_us":0,"request":"<3 bytes>",)"
        R"("response":{"traits":[]}})"
        "\n");
}

TEST(Journal, ABodyOfManyLinesStaysOnOne) {
    JournalEntry e = entry("/traits");
    e.request_body = "{\n  \"a\":\r\n \"b\\n\"\n}";
    const std::string line = Journal::to_json(e);
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << line;
    EXPECT_EQ(nlohmann::json::parse(line).at("request"), (nlohmann::json{{"a", "b\n"}}));
}

TEST(Journal, FindsWhatIsAskedFor) {
    Journal journal;
    journal.record(entry("/a"));
    journal.record(entry("/b"));
    const auto found = journal.entries([](const JournalEntry& e) { return e.target == "/b"; });
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].number, 2u);
}

} // namespace
} // namespace vtpmlab::http
