#include "golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace vtpmlab::scenario {

namespace fs = std::filesystem;

fs::path test_data() { return VTPMLAB_TEST_DATA; }

fs::path source_root() {
    return test_data().parent_path().parent_path().parent_path().parent_path();
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> yaml_files(const fs::path& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".yaml")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

int rounds(int usual) {
    const char* const wanted = std::getenv("VTPMLAB_TEST_ROUNDS");
    return wanted == nullptr ? usual : std::atoi(wanted);
}

void expect_golden(const fs::path& path, const std::string& text) {
    if (std::getenv("VTPMLAB_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
        return;
    }
    EXPECT_EQ(text, content_of(path))
        << "differs from " << path
        << "; if that is meant: VTPMLAB_UPDATE_GOLDEN=1, and read the difference";
}

} // namespace vtpmlab::scenario
