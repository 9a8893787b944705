#include "core/error_text.h"
#include "core/files.h"
#include "machine/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace vtpmlab::machine {
namespace {

const Fact& named(const std::vector<Fact>& facts, const std::string& name) {
    const auto found = std::find_if(facts.begin(), facts.end(),
                                    [&](const Fact& fact) { return fact.name == name; });
    static const Fact none{"(none)", FactState::missing, "", ""};
    return found == facts.end() ? none : *found;
}

class Facts : public ::testing::Test {
protected:
    [[nodiscard]] FactsQuery query() const {
        FactsQuery asked;
        asked.guest_directory = directory_.path();
        asked.accelerator.device = directory_.path() / "no-kvm";
        return asked;
    }
    TemporaryDirectory directory_ = *TemporaryDirectory::create("vtpmlab-test");
};

TEST_F(Facts, AMissingGuestSaysHowToBuildIt) {
    const auto facts = find_facts(query());
    const Fact& guest = named(facts, "micro guest");
    EXPECT_EQ(guest.state, FactState::missing);
    EXPECT_EQ(guest.value, "no " + (directory_.path() / "vmlinuz").string());
    EXPECT_EQ(guest.advice, "build it: cmake --build --preset dev --target guest");
}

TEST_F(Facts, AGuestThatIsThereIsFine) {
    ASSERT_TRUE(write_file(directory_.path() / "vmlinuz", ""));
    ASSERT_TRUE(write_file(directory_.path() / "initramfs", ""));
    EXPECT_EQ(named(find_facts(query()), "micro guest").state, FactState::ok);
}

TEST_F(Facts, AToolThatIsMissingNamesItsPackage) {
    FactsQuery asked = query();
    asked.find = [](const std::string&) { return std::nullopt; };
    const auto facts = find_facts(asked);
    const Fact& swtpm = named(facts, "swtpm");
    EXPECT_EQ(swtpm.state, FactState::missing);
    EXPECT_EQ(swtpm.value, "not found");
    EXPECT_EQ(swtpm.advice, "install the package swtpm: it is the virtual TPM");
    EXPECT_EQ(named(facts, "QEMU").advice,
              "install the package qemu-system-x86: it runs the guests");
}

TEST(Tools, ThatAreMissingAreNamedAtOnceWithTheirPackages) {
    EXPECT_TRUE(check_tools([](const std::string& tool) { return "/usr/bin/" + tool; }));
    const auto no_swtpm = [](const std::string& tool) -> std::optional<std::filesystem::path> {
        if (tool.starts_with("swtpm_"))
            return std::nullopt;
        return "/usr/bin/" + tool;
    };
    const auto checked = check_tools(no_swtpm);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::lab);
    EXPECT_EQ(
        error_text(checked.error()),
        "error: no guest can run here\n"
        "  cause: swtpm_setup is not found: it makes a TPM's keys\n"
        "  cause: swtpm_ioctl is not found: it stops a TPM\n"
        "  hint: install the package swtpm-tools, or run at `--depth model`; `vtpmlab doctor` "
        "tells all that is missing\n");
}

TEST_F(Facts, TheAcceleratorSaysWhy) {
    const auto facts = find_facts(query());
    EXPECT_EQ(named(facts, "accelerator").value,
              "tcg: " + (directory_.path() / "no-kvm").string() +
                  " cannot be opened: No such file or directory");
}

} // namespace
} // namespace vtpmlab::machine
