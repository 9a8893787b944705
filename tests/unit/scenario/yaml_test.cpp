#include "scenario/yaml.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

Document read(const std::string& text) {
    auto document = read_yaml(SourceText("x.yaml", text));
    EXPECT_TRUE(document) << document.error().message;
    return document ? *std::move(document) : Document{};
}

TEST(Yaml, TypesPlainScalarsByTheCoreRulesOfYamlOnePointTwo) {
    const std::vector<std::pair<std::string, json>> table = {{"true", true},
                                                             {"False", false},
                                                             {"TRUE", true},
                                                             {"tRUE", "tRUE"},
                                                             {"yes", "yes"},
                                                             {"no", "no"},
                                                             {"on", "on"},
                                                             {"y", "y"},
                                                             {"~", nullptr},
                                                             {"null", nullptr},
                                                             {"Null", nullptr},
                                                             {"nul", "nul"},
                                                             {"0", 0},
                                                             {"-7", -7},
                                                             {"+7", 7},
                                                             {"007", 7},
                                                             {"0o17", 15},
                                                             {"0xfF", 255},
                                                             {"0b11", "0b11"},
                                                             {"1_000", "1_000"},
                                                             {"1.5", 1.5},
                                                             {"2.0", 2.0},
                                                             {".5", 0.5},
                                                             {"5.", 5.0},
                                                             {"-1e3", -1000.0},
                                                             {"1.2.3", "1.2.3"},
                                                             {".inf", ".inf"},
                                                             {".nan", ".nan"},
                                                             {"2026-08-22", "2026-08-22"},
                                                             {"12:30:45", "12:30:45"},
                                                             {"0x", "0x"},
                                                             {"'1.2'", "1.2"},
                                                             {"\"true\"", "true"},
                                                             {"'~'", "~"},
                                                             {"\"\\x41\\n\"", "A\n"}};
    for (const auto& [text, value] : table)
        EXPECT_EQ(read("k: " + text + "\n").tree.value.at("k"), value) << text;
}

TEST(Yaml, BlocksAreTexts) {
    EXPECT_EQ(read("k: |\n  1.2\n").tree.value, (json{{"k", "1.2\n"}}));
    EXPECT_EQ(read("k: >-\n  two\n  lines\n").tree.value, (json{{"k", "two lines"}}));
}

TEST(Yaml, KeysAreTextsWhateverTheyLookLike) {
    EXPECT_EQ(read("1.2: a\ntrue: b\n0x10: c\n").tree.value,
              (json{{"1.2", "a"}, {"true", "b"}, {"0x10", "c"}}));
}

TEST(Yaml, KnowsWhereEachKeyAndValueBegins) {
    const Document document = read("steps:\n"
                                   "  - server-show: {server: \"s1\"}\n"
                                   "    by: admin\n");
    const Located& tree = document.tree;
    EXPECT_EQ(tree.place("/steps").text(), "x.yaml:2:3");
    EXPECT_EQ(tree.key_place("/steps").text(), "x.yaml:1:1");
    EXPECT_EQ(tree.place("/steps/0/server-show/server").text(), "x.yaml:2:27");
    EXPECT_EQ(tree.key_place("/steps/0/server-show/server").text(), "x.yaml:2:19");
    EXPECT_EQ(tree.key_place("/steps/0/by").text(), "x.yaml:3:5");
    EXPECT_EQ(tree.place("/steps/0/by/not/there").text(), "x.yaml:3:9");
}

TEST(Yaml, CountsColumnsInCharacters) {
    EXPECT_EQ(read("\"ключ\": {ä: 1}\n").tree.place("/ключ/ä").text(), "x.yaml:1:13");
}

TEST(Yaml, KeepsPlacesThroughAnotherSystemsLineEnds) {
    EXPECT_EQ(read("a: 1\r\nb: 2\r\n").tree.place("/b").text(), "x.yaml:2:4");
}

TEST(Yaml, APartKeepsItsPlaces) {
    const Located part = read("a:\n  b: [1, {c: 2}]\na-b: 3\n").tree.at("/a");
    EXPECT_EQ(part.value, (json{{"b", {1, {{"c", 2}}}}}));
    EXPECT_EQ(part.place("/b/1/c").text(), "x.yaml:2:14");
    EXPECT_EQ(part.key_place("/b").text(), "x.yaml:2:3");
    EXPECT_EQ(part.places.count("-b"), 0u);
}

TEST(Yaml, PointersEscapeWhatTheyMust) {
    const Document document = read("\"a/b\": {\"c~d\": 1}\n");
    EXPECT_EQ(document.tree.at("/a~1b/c~0d").value, 1);
    EXPECT_EQ(document.tree.place("/a~1b/c~0d").text(), "x.yaml:1:16");
}

TEST(Yaml, RemembersHowANumberWasWritten) {
    const Document document = read("a: 2.10\nb: 0x10\nc: '2.10'\n");
    ASSERT_NE(document.literal(document.tree.place("/a")), nullptr);
    EXPECT_EQ(*document.literal(document.tree.place("/a")), "2.10");
    EXPECT_EQ(*document.literal(document.tree.place("/b")), "0x10");
    EXPECT_EQ(document.literal(document.tree.place("/c")), nullptr);
}

} // namespace
} // namespace vtpmlab::scenario
