#include "core/files.h"
#include "machine/accelerator.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace vtpmlab::machine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// QEMU is played by a shell script, and the device by a plain file: what is tested is the
// judgement.
class Accelerators : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(write_file(check_.device, ""));
        check_.tiny_deadline = 1000ms;
        check_.kernel_deadline = 1000ms;
    }
    void qemu_does(const std::string& script) {
        ASSERT_TRUE(write_file(check_.qemu, "#!/bin/sh\necho ran >>" + (path() / "runs").string() +
                                                "\n" + script + "\n"));
        ASSERT_EQ(::chmod(check_.qemu.c_str(), 0700), 0);
    }
    [[nodiscard]] int runs() const {
        const auto text = read_file(path() / "runs");
        return text ? static_cast<int>(std::count(text->begin(), text->end(), '\n')) : 0;
    }
    [[nodiscard]] fs::path path() const { return directory_.path(); }

    TemporaryDirectory directory_ = *TemporaryDirectory::create("vtpmlab-test");
    AcceleratorCheck check_ = {.qemu = directory_.path() / "qemu",
                               .device = directory_.path() / "kvm"};
};

TEST_F(Accelerators, ATinyGuestThatRanMeansKvm) {
    qemu_does("exit 85");
    EXPECT_EQ(usable_accelerator(check_), (Accelerator{"kvm", "a tiny guest ran under KVM"}));
}

TEST_F(Accelerators, AGuestThatHangsMeansSoftwareEmulation) {
    qemu_does("exec sleep 60");
    check_.tiny_deadline = 50ms;
    EXPECT_EQ(
        usable_accelerator(check_),
        (Accelerator{"tcg", check_.device.string() + " is there, but a guest of three "
                                                     "instructions did not end within 50 ms"}));
}

TEST_F(Accelerators, AnAbortIsQuoted) {
    qemu_does("echo 'error: failed to set MSR 0xc0000104' >&2; kill -ABRT $$");
    EXPECT_EQ(usable_accelerator(check_),
              (Accelerator{
                  "tcg", check_.device.string() +
                             " is there, but QEMU could not run a guest of three instructions: "
                             "killed by signal 6 (Aborted): error: failed to set MSR 0xc0000104"}));
}

TEST_F(Accelerators, AKernelMustBootToo) {
    check_.kernel = path() / "vmlinuz";
    // The tiny guest ends as it should; with a kernel, nothing ever reaches the console.
    qemu_does("case \"$*\" in *-kernel*) exec sleep 60;; esac; exit 85");
    check_.kernel_deadline = 50ms;
    EXPECT_EQ(usable_accelerator(check_).why,
              check_.device.string() + " is there, but a kernel did not boot within 50 ms");

    qemu_does(
        "for last; do :; done; case \"$*\" in *-kernel*) "
        "echo 'Kernel panic - not syncing' >\"${last#file:}\"; exec sleep 60;; esac; exit 85");
    check_.kernel_deadline = 5000ms;
    EXPECT_EQ(usable_accelerator(check_), (Accelerator{"kvm", "a kernel booted under KVM"}));
}

TEST_F(Accelerators, NoDeviceMeansSoftwareEmulationWithoutATry) {
    qemu_does("exit 85");
    fs::remove(check_.device);
    EXPECT_EQ(usable_accelerator(check_),
              (Accelerator{"tcg", check_.device.string() +
                                      " cannot be opened: No such file or directory"}));
    EXPECT_EQ(runs(), 0);
}

TEST_F(Accelerators, TheAnswerIsRememberedUntilQemuChanges) {
    check_.cache = path() / "cache" / "accelerator.json";
    qemu_does("exit 85");
    EXPECT_EQ(usable_accelerator(check_).name, "kvm");
    EXPECT_EQ(usable_accelerator(check_).name, "kvm");
    EXPECT_EQ(runs(), 1);
    qemu_does("exit 1 # another one");
    EXPECT_EQ(usable_accelerator(check_).name, "tcg");
    EXPECT_EQ(runs(), 2);
}

TEST_F(Accelerators, ABrokenCacheIsNotBelieved) {
    check_.cache = path() / "accelerator.json";
    qemu_does("exit 1");
    for (const char* broken : {"", "{", "[]", R"({"key":1,"name":"kvm","why":"so"})"}) {
        ASSERT_TRUE(write_file(check_.cache, broken));
        EXPECT_EQ(usable_accelerator(check_).name, "tcg") << broken;
    }
}

} // namespace
} // namespace vtpmlab::machine
