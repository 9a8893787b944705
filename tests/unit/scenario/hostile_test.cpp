// Files made to hurt: each ends in an error, soon, with little memory, and never in a crash.

#include "core/error_text.h"
#include "core/files.h"
#include "golden.h"
#include "scenario/load.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>

namespace vtpmlab::scenario {
namespace {

std::string repeated(const std::string& part, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += part;
    return all;
}

std::string first_message(const std::string& text) {
    const auto checked = check_text("hostile.yaml", text);
    if (checked)
        return "accepted";
    return checked.error().front().where + ": " + checked.error().front().message;
}

TEST(HostileFile, AliasesThatMultiplyAreRefusedAtTheFirstAnchor) {
    std::string laughs = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (char name = 'b'; name <= 'i'; ++name) {
        const std::string last(1, static_cast<char>(name - 1));
        laughs += std::string(1, name) + ": &" + name + " [" + repeated("*" + last + ", ", 8) +
                  "*" + last + "]\n";
    }
    EXPECT_EQ(first_message(laughs), "hostile.yaml:1:4: anchors are not used in scenarios");
}

TEST(HostileFile, TenMegabytesAreNotParsed) {
    const std::string text = repeated("# nothing\n", 1 << 20);
    EXPECT_EQ(first_message(text), "hostile.yaml: the file is larger than 256 KiB");
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto path = directory->path() / "large.yaml";
    ASSERT_TRUE(write_file(path, text));
    const auto loaded = load(path);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message, "the file is larger than 256 KiB");
}

TEST(HostileFile, ANamedPipeIsNotWaitedFor) {
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto path = directory->path() / "pipe.yaml";
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    const auto loaded = load(path);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().message, "not a file");
}

TEST(HostileFile, NestingIsBounded) {
    EXPECT_EQ(first_message(repeated("[\n", 200) + repeated("]", 200)),
              "hostile.yaml:33:1: nested deeper than 32 levels");
    EXPECT_EQ(first_message(repeated("[", 400) + repeated("]", 400)),
              "hostile.yaml:1:33: nested deeper than 32 levels");
    EXPECT_EQ(first_message(repeated("{a: ", 400) + repeated("}", 400)),
              "hostile.yaml:1:129: nested deeper than 32 levels");
    EXPECT_NE(first_message(repeated("[\n", 100'000)), "accepted");
    EXPECT_NE(first_message(repeated("{a: ", 1000)), "accepted");
    EXPECT_EQ(first_message(repeated("- ", 2000)),
              "hostile.yaml:1:65: nested deeper than 32 levels");
    EXPECT_EQ(first_message(repeated("? ", 1000)), "hostile.yaml:1:3: a key must be a text");
}

TEST(HostileFile, LongLinesAreRefused) {
    EXPECT_EQ(first_message("scenario: x\nwhy: " + repeated("x", 5000) + "\n"),
              "hostile.yaml:2:1: line longer than 4096 bytes");
}

TEST(HostileFile, AMatrixIsBounded) {
    std::string text = "scenario: x\nmatrix:\n";
    for (char axis = 'a'; axis <= 'z'; ++axis)
        text += "  " + std::string(1, axis) + ": [1, 2, 3, 4, 5, 6, 7, 8]\n";
    text += "steps:\n  - expect-nothing-left: {}\n";
    EXPECT_EQ(first_message(text), "hostile.yaml:2:1: the matrix has more than 4096 combinations");
}

TEST(HostileFile, CasesTimesStepsAreBounded) {
    std::string text = "scenario: x\nmatrix:\n";
    for (const char* axis : {"a", "b", "c", "d"})
        text += std::string("  ") + axis + ": [1, 2, 3, 4, 5, 6, 7, 8]\n";
    text += "steps:\n" + repeated("  - expect-nothing-left: {}\n", 5000);
    EXPECT_EQ(first_message(text),
              "hostile.yaml:2:1: 4096 cases of 10040 values each are too many");
}

TEST(HostileFile, OnlyTextInUtf8IsRead) {
    EXPECT_EQ(first_message("scenario: \xff\n"), "hostile.yaml:1:11: byte 0xff is not UTF-8");
    EXPECT_EQ(first_message("scenario: \xc3"), "hostile.yaml:1:11: byte 0xc3 is not UTF-8");
    EXPECT_EQ(first_message("a: \xc0\xaf\n"), "hostile.yaml:1:4: byte 0xc0 is not UTF-8");
    EXPECT_EQ(first_message("a: \xed\xa0\x80\n"), "hostile.yaml:1:4: byte 0xed is not UTF-8");
    EXPECT_EQ(first_message("a: \xf5\x80\x80\x80\n"), "hostile.yaml:1:4: byte 0xf5 is not UTF-8");
    EXPECT_EQ(first_message(std::string("scenario: a\0b\n", 14)),
              "hostile.yaml:1:12: control character 0x00");
    EXPECT_EQ(first_message("scenario: \x1b[2Jgone\n"),
              "hostile.yaml:1:11: control character 0x1b");
    EXPECT_EQ(first_message(std::string("\xff\xfes\0c\0", 6)),
              "hostile.yaml:1:1: byte 0xff is not UTF-8");
}

TEST(HostileFile, AByteOrderMarkIsNoPartOfTheText) {
    EXPECT_EQ(first_message("\xef\xbb\xbfscenario: x\nsteps:\n  - expect-nothing-left: {}\n"),
              "accepted");
}

// One change to a text: what an editor, a bad merge or somebody with bad intentions does to it.
std::string mutated(std::string text, std::mt19937& random) {
    static const std::string special = "{}[]:,-#&*!|>'\"%@`?\\ \n\t\r~$.0x\x7f\xc3";
    auto below = [&](std::size_t limit) { return random() % std::max<std::size_t>(limit, 1); };
    const std::size_t at = below(text.size());
    switch (below(5)) {
    case 0:
        text[at] = static_cast<char>(random());
        break;
    case 1:
        text[at] = special[below(special.size())];
        break;
    case 2:
        text.insert(at, 1, special[below(special.size())]);
        break;
    case 3:
        text.erase(at, below(20));
        break;
    default:
        text.insert(below(text.size()), text.substr(at, below(60)));
    }
    return text.empty() ? "x" : text;
}

TEST(HostileFile, RandomDamageNeverCrashesTheLoader) {
    std::mt19937 random(20260822); // the same damage in every run
    for (const auto& path : yaml_files(test_data() / "good")) {
        const std::string good = content_of(path);
        for (int round = 0; round < rounds(400); ++round) {
            std::string text = good;
            for (auto left = random() % 4 + 1; left > 0; --left)
                text = mutated(text, random);
            const auto checked = check_text("damaged.yaml", text);
            if (checked)
                continue;
            for (const auto& error : checked.error()) {
                EXPECT_EQ(error.where.rfind("damaged.yaml:", 0), 0u) << error.where << text;
                EXPECT_FALSE(error.message.empty());
                EXPECT_GE(error.column, 1);
                EXPECT_LT(error.line.size(), 1000u);
                EXPECT_FALSE(error_text(error).empty());
            }
        }
    }
}

} // namespace
} // namespace vtpmlab::scenario
