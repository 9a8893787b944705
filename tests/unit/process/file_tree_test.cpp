#include "core/files.h"
#include "process/file_tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

namespace vtpmlab {
namespace {

TEST(FileEntry, TravelsAsText) {
    const FileEntry file{"a b/c", S_IFREG | 0600, 102, 6172, {0x02, 0x01}};
    const FileEntry directory{"a b", S_IFDIR | 0711, 0, 4096, {}};
    auto entries = parse_entries(format_entry(file, "0201") + format_entry(directory, ""));
    ASSERT_TRUE(entries) << entries.error().message;
    EXPECT_EQ(*entries, (std::vector<FileEntry>{file, directory}));
}

TEST(FileEntry, IsRefusedWhenGarbled) {
    for (const char* text : {"x", "100600", "100600 0 5", "100600 0 5 zz name", "9 0 5 - name"})
        EXPECT_FALSE(parse_entries(text)) << text;
}

TEST(FileTree, IsListedCopiedAndRemoved) {
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto tree = directory->path() / "tree";
    ASSERT_TRUE(make_directories(tree / "deep"));
    ASSERT_TRUE(write_file(tree / "deep/file", "twelve bytes"));

    auto entries = list_file_tree(tree);
    ASSERT_TRUE(entries) << entries.error().message;
    ASSERT_EQ(entries->size(), 2u);
    const auto& file = *std::max_element(entries->begin(), entries->end(),
                                         [](auto& a, auto& b) { return a.path < b.path; });
    EXPECT_EQ(file.path, "deep/file");
    EXPECT_EQ(file.size_bytes, 12u);
    EXPECT_EQ(file.mode, mode_t{S_IFREG | 0644});
    EXPECT_EQ(std::string(file.head.begin(), file.head.end()), "twelve bytes");

    ASSERT_TRUE(copy_file_tree(tree, directory->path() / "copy"));
    EXPECT_EQ(read_file(directory->path() / "copy/deep/file").value(), "twelve bytes");

    ASSERT_TRUE(remove_file_tree(tree));
    EXPECT_FALSE(std::filesystem::exists(tree));
    EXPECT_TRUE(remove_file_tree(tree));
    EXPECT_TRUE(list_file_tree(tree)->empty());
}

TEST(FileTree, IsNotListedInPart) {
    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "file";
    ASSERT_TRUE(write_file(file, "no directory"));
    const auto wrong = list_file_tree(file);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().causes.at(0).find("cannot list all of " + file.string() +
                                              ": Not a directory"),
              std::string::npos)
        << wrong.error().causes.at(0);

    const auto large = directory->path() / "large";
    ASSERT_TRUE(make_directories(large));
    for (int i = 0; i < 400; ++i)
        ASSERT_TRUE(write_file(large / (std::string(200, 'x') + std::to_string(i)), ""));
    const auto too_much = list_file_tree(large);
    ASSERT_FALSE(too_much);
    EXPECT_NE(too_much.error().causes.at(0).find("more files than fit into 60 KiB of a list"),
              std::string::npos)
        << too_much.error().causes.at(0);
}

} // namespace
} // namespace vtpmlab
