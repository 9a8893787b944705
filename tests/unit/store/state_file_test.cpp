// A state file is used only if this program knows what stands in it; else it is left as it is, and
// the one who named it learns which file it is and what to do.

#include "core/error_text.h"
#include "core/files.h"
#include "store/database.h"
#include "support/state_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace vtpmlab::store {
namespace {

constexpr Layout layout{3, "CREATE TABLE thing (name TEXT PRIMARY KEY)"};

class AStateFile : public testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::create("vtpmlab-store");
        ASSERT_TRUE(made);
        directory_.emplace(std::move(*made));
        file_ = (directory_->path() / "thing.sqlite").string();
    }

    void write_one() {
        std::filesystem::remove(file_);
        const auto database = Database::open(file_, layout);
        ASSERT_TRUE(database) << database.error().message;
        auto session = (*database)->write();
        session.run("INSERT INTO thing VALUES ('one')");
        session.commit();
    }
    [[nodiscard]] std::string refusal() const {
        const auto opened = Database::open(file_, layout);
        return opened ? "it was opened" : error_text(opened.error());
    }
    [[nodiscard]] std::string bytes() const { return read_file(file_).value(); }

    std::optional<TemporaryDirectory> directory_;
    std::string file_;
};

TEST_F(AStateFile, OfThisVersionIsGoneOnWith) {
    write_one();
    EXPECT_EQ(test::read_state_file(file_).version, 3);
    const auto database = Database::open(file_, layout);
    ASSERT_TRUE(database) << database.error().message;
    auto session = (*database)->read();
    auto rows = session.rows("SELECT name FROM thing");
    ASSERT_TRUE(rows.next());
    EXPECT_EQ(rows.text(0), "one");
}

TEST_F(AStateFile, OfAnyOtherVersionIsRefusedAndLeftAsItIs) {
    for (const int version : {0, 2, 4}) { // 0: of a program before there were versions
        write_one();
        test::set_version(file_, version);
        const auto before = bytes();
        EXPECT_EQ(refusal(),
                  fmt::format("error: the database {} is of version {}; this vtpmlab knows version "
                              "3\n"
                              "  hint: bring the cloud up with the vtpmlab that wrote it, or begin "
                              "anew in another directory\n",
                              file_, version));
        EXPECT_EQ(bytes(), before);
    }
    EXPECT_EQ(Database::open(file_, layout).error().kind, ErrorKind::usage);
}

TEST_F(AStateFile, ThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
    const std::string text(5000, 'x');
    ASSERT_TRUE(write_file(file_, text));
    EXPECT_EQ(refusal(), fmt::format("error: cannot open the database {}: file is not a database\n"
                                     "  hint: bring a copy of the whole directory back, or begin "
                                     "anew in another one\n",
                                     file_));
    EXPECT_EQ(bytes(), text);
}

TEST_F(AStateFile, ThatIsEmptyIsNew) {
    ASSERT_TRUE(write_file(file_, ""));
    ASSERT_TRUE(Database::open(file_, layout));
    EXPECT_EQ(test::read_state_file(file_).version, 3);
}

// In a process of its own, which is nobody: root may write everything.
TEST_F(AStateFile, ThatMayNotBeWrittenIsRefused) {
    write_one();
    ASSERT_EQ(::chmod(directory_->path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(file_.c_str(), 0444), 0);
    const auto open_as_nobody = [this] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
            std::perror("setuid");
        std::fputs(refusal().c_str(), stderr);
        std::_Exit(0);
    };
    EXPECT_EXIT(open_as_nobody(), testing::ExitedWithCode(0),
                testing::Eq(fmt::format("error: the database {} cannot be written\n"
                                        "  hint: let its owner write it (chmod u+w), or begin anew "
                                        "in another directory\n",
                                        file_)));
}

TEST_F(AStateFile, InADirectoryThatIsNotThereIsRefused) {
    file_ = "/nowhere/at/all.sqlite";
    EXPECT_EQ(refusal(),
              "error: cannot open the database /nowhere/at/all.sqlite: unable to open database "
              "file\n"
              "  hint: is the directory there and writable, and is there room on the disk?\n");
}

TEST_F(AStateFile, WithoutSnapshotsHasNoneToRestore) {
    const auto database = std::move(*Database::open(file_, layout));
    const auto restored = database->restore("then");
    ASSERT_FALSE(restored);
    EXPECT_EQ(error_text(restored.error()), "error: there is no snapshot 'then'\n"
                                            "  hint: make it first, with /__control/snapshot\n");
}

TEST_F(AStateFile, OfAnotherVersionIsNoSnapshotToRestore) {
    write_one();
    const auto database = std::move(*Database::open(file_, layout));
    ASSERT_TRUE(database->snapshot("then"));
    test::set_version(file_ + ".snapshot-then", 2);
    const auto restored = database->restore("then");
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().message,
              fmt::format("the database {}.snapshot-then is of version 2; this vtpmlab knows "
                          "version 3",
                          file_));
}

} // namespace
} // namespace vtpmlab::store
