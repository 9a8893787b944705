#include "image/initramfs.h"
#include "machine_directory.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

namespace vtpmlab::image {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

class Packing : public testing::Test {
protected:
    std::string pack(const std::string& name) {
        const auto files = write_initramfs(directory_.root() / name,
                                           {"/bin/true", "/bin/sh", modules_}, Compression::none);
        EXPECT_TRUE(files) << files.error().message;
        files_ = files.value_or(std::vector<PackedFile>{});
        std::ifstream file(directory_.root() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    test::MachineDirectory directory_;
    std::filesystem::path modules_;
    std::vector<PackedFile> files_;
};

TEST_F(Packing, DependsOnNothingButTheFiles) {
    const std::string first = pack("first");
    EXPECT_TRUE(first.starts_with("070701"));
    EXPECT_TRUE(first == pack("second"));
}

TEST_F(Packing, CarriesTheLoaderAndTheLibraries) {
    pack("archive");
    EXPECT_THAT(files_, Contains(Field(&PackedFile::path, "vtpm/loader")));
    EXPECT_THAT(files_, Contains(Field(&PackedFile::path, "vtpm/libc.so.6")));
    EXPECT_TRUE(std::ranges::is_sorted(files_, {}, &PackedFile::path));
}

TEST_F(Packing, CarriesTheKernelsModulesAndNothingElseOfTheirDirectory) {
    directory_.file("modules/button.ko", "a module");
    directory_.file("modules/notes", "no module");
    modules_ = directory_.root() / "modules";
    pack("archive");
    EXPECT_THAT(files_, Contains(Field(&PackedFile::path, "modules/button.ko")));
    EXPECT_THAT(files_, Not(Contains(Field(&PackedFile::path, "modules/notes"))));
}

TEST_F(Packing, SaysThatTheModulesAreNotThere) {
    const auto failed =
        write_initramfs(directory_.root() / "archive",
                        {"/bin/true", "/bin/sh", directory_.root() / "none"}, Compression::none);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().where, directory_.root() / "none");
}

TEST_F(Packing, LeavesNothingWhenItFails) {
    const auto failed = write_initramfs(directory_.root() / "archive",
                                        {"/nowhere/init", "/bin/sh", {}}, Compression::none);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().where, "/nowhere/init");
    EXPECT_FALSE(std::filesystem::exists(directory_.root() / "archive"));
    EXPECT_FALSE(std::filesystem::exists(directory_.root() / "archive.new"));
}

TEST_F(Packing, RefusesAProbeThatIsNoProgram) {
    directory_.file("text", "#!/bin/sh\n");
    const auto failed =
        write_initramfs(directory_.root() / "archive", {"/bin/sh", directory_.root() / "text", {}},
                        Compression::none);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "not a 64-bit ELF program");
}

} // namespace
} // namespace vtpmlab::image
