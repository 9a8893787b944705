#pragma once
// Texts that are compared word for word with a file beside the tests. After a change that is meant,
// run the tests once with VTPMLAB_UPDATE_GOLDEN=1 and read the difference before committing it.

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::scenario {

[[nodiscard]] std::filesystem::path source_root();
[[nodiscard]] std::filesystem::path test_data();
[[nodiscard]] std::string content_of(const std::filesystem::path& path);
// Sorted; searched below `directory` too.
[[nodiscard]] std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& directory);

// How often a test with random input tries: `usual`, or $VTPMLAB_TEST_ROUNDS for a long search.
[[nodiscard]] int rounds(int usual);

void expect_golden(const std::filesystem::path& path, const std::string& text);

} // namespace vtpmlab::scenario
