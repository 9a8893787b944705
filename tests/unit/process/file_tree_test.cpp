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

} // namespace
} // namespace vtpmlab
