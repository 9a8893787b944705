// The small parsers: percent-encoding, queries, UTF-8, JSON from strangers, times, masking.

#include "http/json.h"
#include "http/masking.h"
#include "http/message.h"
#include "http/percent.h"
#include "http/schema.h"
#include "http/timestamp.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::http {
namespace {

TEST(Percent, DecodesOnlyWellFormedUtf8) {
    EXPECT_EQ(percent_decode("a%20b+c", PlusIs::plus), "a b+c");
    EXPECT_EQ(percent_decode("a+b%C3%A9", PlusIs::space), "a bé");
    EXPECT_FALSE(percent_decode("%", PlusIs::plus));
    EXPECT_FALSE(percent_decode("%4", PlusIs::plus));
    EXPECT_FALSE(percent_decode("%zz", PlusIs::plus));
    EXPECT_FALSE(percent_decode("%00", PlusIs::plus));
    EXPECT_FALSE(percent_decode("%ff", PlusIs::plus));
    EXPECT_EQ(percent_decode("%41", PlusIs::plus), "A");
    EXPECT_EQ(percent_encode("a b/é"), "a%20b%2F%C3%A9");
}

TEST(Query, KeepsRepeatedNamesInOrder) {
    const auto query = Query::parse("required=A&required=B&&x=&flag");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->all("required"), (std::vector<std::string_view>{"A", "B"}));
    EXPECT_EQ(*query->find("x"), "");
    EXPECT_TRUE(query->contains("flag"));
    EXPECT_FALSE(query->contains("y"));
    EXPECT_FALSE(Query::parse("a=%f"));
}

TEST(Utf8, RefusesOverlongAndSurrogates) {
    EXPECT_TRUE(is_utf8("aé€😀"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
    EXPECT_FALSE(is_utf8("\xe2\x82"));
    EXPECT_FALSE(is_utf8("\xf5\x80\x80\x80"));
}

TEST(Json, IsBoundedInDepth) {
    EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
    EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
    EXPECT_FALSE(parse_json(std::string(1 << 20, '[')));
    EXPECT_TRUE(parse_json(
        R"({"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})"));
    EXPECT_FALSE(parse_json("\"\xff\""));
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json("{} {}"));
}

TEST(Schema, NamesThePlaceOfTheViolation) {
    const Schema schema(R"({"type": "object", "properties": {"server": {"type": "object",
        "properties": {"name": {"type": "string"}}, "additionalProperties": false}},
        "required": ["server"]})");
    EXPECT_FALSE(schema.violation({{"server", {{"name", "x"}}}}));
    const auto violation = schema.violation({{"server", {{"name", 1}}}});
    ASSERT_TRUE(violation);
    EXPECT_EQ(violation->pointer, "/server/name");
    EXPECT_TRUE(schema.violation({{"server", {{"nmae", "x"}}}}));
    EXPECT_TRUE(schema.violation(nlohmann::json::array()));
}

TEST(Timestamp, RoundTrips) {
    const auto time = parse_timestamp("2026-11-22T02:45:28.123456Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(timestamp(*time), "2026-11-22T02:45:28Z");
    EXPECT_EQ(timestamp_microseconds(*time), "2026-11-22T02:45:28.123456Z");
    EXPECT_EQ(timestamp_naive(*time), "2026-11-22T02:45:28.123456");
    EXPECT_EQ(timestamp_http(*time), "Sun, 22 Nov 2026 02:45:28 GMT");
    EXPECT_EQ(parse_timestamp("2026-11-22T02:45:28"), parse_timestamp("2026-11-22 02:45:28.0Z"));
    for (const char* elsewhere :
         {"2026-11-22T08:15:28+05:30", "2026-11-21T21:45:28.0-0500", "2026-11-22T02:45:28+00"})
        EXPECT_EQ(parse_timestamp("2026-11-22T02:45:28"), parse_timestamp(elsewhere)) << elsewhere;
    for (const char* wrong :
         {"2026-11-22T02:45:28+", "2026-11-22T02:45:28+5", "2026-11-22T02:45:28+xx:00",
          "2026-11-22T02:45:28+24:00", "2026-11-22T02:45:28+00:60"})
        EXPECT_FALSE(parse_timestamp(wrong)) << wrong;
    EXPECT_FALSE(parse_timestamp("2026-13-22T02:45:28"));
    EXPECT_FALSE(parse_timestamp("tomorrow"));
    EXPECT_FALSE(parse_timestamp("2026-11-22T02:45:28."));
}

TEST(Masking, HidesSecretsWhereverTheyAre) {
    EXPECT_EQ(masked_body(R"({"payload":"s3cret","payload_content_type":"text/plain","name":"n"})",
                          "application/json"),
              R"({"payload":"***","payload_content_type":"text/plain","name":"n"})");
    EXPECT_EQ(
        masked_body(R"({"a":[{"\u0070assword":"x","user":{"name":"u"}}]})", "application/json"),
        R"({"a":[{"password":"***","user":{"name":"u"}}]})");
    EXPECT_EQ(masked_body(R"({"auth":{"identity":{"methods":["token"],"token":{"id":"gAAA"}}}})",
                          "application/json"),
              R"({"auth":{"identity":{"methods":["token"],"token":{"id":"***"}}}})");
    EXPECT_EQ(masked_body(R"({"adminPass": "x"})", "application/json"), R"({"adminPass":"***"})");
    EXPECT_EQ(masked_body(R"({"token": ["a", {"b": ["c", 1], "id": 7}, [2.5]], "n": "t\"t"})",
                          "application/json"),
              R"({"token":["***",{"b":["c",1],"id":"***"},["***"]],"n":"t\"t"})");
    EXPECT_EQ(
        masked_body(R"({"secret":null,"a":[-1,18446744073709551615,1.50,true,{}],"token":{}})",
                    "application/json"),
        R"({"secret":null,"a":[-1,18446744073709551615,1.50,true,{}],"token":{}})");
}

TEST(Masking, OnlyCountsWhatItCannotRead) {
    EXPECT_EQ(masked_body("s3cret", "application/octet-stream"), "<6 bytes>");
    EXPECT_EQ(masked_body("{\"payload\": \"s3cret\"", "application/json"), "<20 bytes>");
    EXPECT_EQ(masked_body("", "application/json"), "");
    EXPECT_EQ(masked_body("\"" + std::string(100, 'x') + "\"", "application/json", 50),
              "<102 bytes>");
    EXPECT_EQ(masked_body("\"s3cret\"", "application/json"), "<8 bytes>");
    EXPECT_EQ(masked_body("[\"s3cret\"]", "application/json"), "<10 bytes>");
    EXPECT_EQ(masked_body(R"([{"op":"add"}])", "application/json"), R"([{"op":"add"}])");
    EXPECT_EQ(masked_body(R"([["s3cret"]])", "application/json"), "<12 bytes>");
    const std::string deep(65, '[');
    EXPECT_EQ(masked_body("{\"token\":" + deep + std::string(65, ']') + "}", "application/json"),
              "<140 bytes>");
}

TEST(Masking, HidesSecretsInTargets) {
    EXPECT_EQ(masked_target("/a?name=b&token=c&x"), "/a?name=b&token=***&x");
    EXPECT_EQ(masked_target("/a?%74oken=c"), "/a?%74oken=***");
    EXPECT_EQ(masked_target("/a"), "/a");
}

} // namespace
} // namespace vtpmlab::http
