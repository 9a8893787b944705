#include "cli/scenario_files.h"
#include "core/error_text.h"
#include "core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class ScenarioFiles : public testing::Test {
protected:
    void SetUp() override {
        auto created = TemporaryDirectory::create("vtpmlab-test");
        ASSERT_TRUE(created);
        directory_.emplace(std::move(*created));
        for (const char* name : {"b.yaml", "sub/a.yml", "notes.txt", "sub/schema.json"}) {
            ASSERT_TRUE(make_directories((root() / name).parent_path()));
            ASSERT_TRUE(write_file(root() / name, "scenario: x\n"));
        }
    }
    fs::path root() const { return directory_->path(); }

    std::optional<TemporaryDirectory> directory_;
};

TEST_F(ScenarioFiles, AreFoundBelowAFolderInOrder) {
    const auto files = find_scenarios({root().string()});
    ASSERT_TRUE(files);
    EXPECT_THAT(*files, ElementsAre(root() / "b.yaml", root() / "sub/a.yml"));
}

TEST_F(ScenarioFiles, AreTakenOnceHoweverOftenTheyAreNamed) {
    const auto files = find_scenarios(
        {(root() / "b.yaml").string(), root().string(), (root() / "./b.yaml").string()});
    ASSERT_TRUE(files);
    EXPECT_THAT(*files, ElementsAre(root() / "b.yaml", root() / "sub/a.yml"));
}

TEST_F(ScenarioFiles, MustBeThere) {
    const auto files = find_scenarios({"no/such/place"});
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().kind, ErrorKind::usage);
    EXPECT_EQ(error_text(files.error()),
              "error: there is no 'no/such/place'\n"
              "  hint: name a scenario file, or a folder with scenarios in it\n");
}

TEST_F(ScenarioFiles, AreMissedInAFolderWithoutAny) {
    const fs::path empty = root() / "empty";
    ASSERT_TRUE(make_directories(empty));
    const auto files = find_scenarios({empty.string()});
    ASSERT_FALSE(files);
    EXPECT_EQ(error_text(files.error()), "error: there is no scenario in '" + empty.string() +
                                             "'\n"
                                             "  hint: scenarios are files that end in .yaml\n");
}

TEST_F(ScenarioFiles, AreCountedWhenTheyAreWrong) {
    const auto loaded = load_scenarios({root() / "b.yaml"});
    EXPECT_EQ(loaded.wrong_files, 1U);
    EXPECT_FALSE(loaded.errors.empty());
    EXPECT_TRUE(loaded.files.empty());
}

} // namespace
} // namespace vtpmlab::cli
