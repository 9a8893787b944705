#include "machine_directory.h"
#include "probe/look.h"

#include <gmock/gmock.h>

namespace vtpmlab::probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Looking : public testing::Test {
protected:
    test::MachineDirectory directory_;
    Machine machine_{directory_.root()};
};

TEST_F(Looking, FindsNothingOnAMachineWithoutATpm) {
    EXPECT_EQ(machine_.device_nodes().value(), std::nullopt);
    EXPECT_FALSE(machine_.driver().value().has_value());
    EXPECT_FALSE(machine_.acpi().value().has_value());
    EXPECT_EQ(machine_.sysfs_version_major().value(), std::nullopt);
    EXPECT_FALSE(machine_.firmware_log().value().has_value());
}

TEST_F(Looking, KeepsNotThereApartFromCouldNotLook) {
    directory_.remove("sys");
    EXPECT_THAT(machine_.driver().error().where, HasSubstr("sys/class/tpm"));
    EXPECT_FALSE(machine_.acpi());
    EXPECT_FALSE(machine_.interface_registers());
}

TEST_F(Looking, NamesNodesInOrder) {
    directory_.file("dev/tpmrm0", "");
    directory_.file("dev/tpm0", "");
    directory_.file("dev/ttyS0", "");
    EXPECT_THAT(machine_.device_nodes().value().value(), ElementsAre("/dev/tpm0", "/dev/tpmrm0"));
}

TEST_F(Looking, FollowsTheDriverAndTheBus) {
    directory_.link("sys/class/tpm/tpm0/device", "../../../devices/MSFT0101:00");
    directory_.link("sys/devices/MSFT0101:00/driver", "../../bus/acpi/drivers/tpm_crb");
    directory_.link("sys/devices/MSFT0101:00/subsystem", "../../bus/acpi");
    directory_.file("sys/class/tpm/tpm0/tpm_version_major", "2\n");
    const auto driver = machine_.driver().value().value();
    EXPECT_EQ(driver.bus, "acpi");
    EXPECT_EQ(driver.name, "tpm_crb");
    EXPECT_EQ(driver.device, "MSFT0101:00");
    EXPECT_EQ(machine_.sysfs_version_major().value(), 2u);
}

TEST_F(Looking, ReadsTheStartMethodFromTheTable) {
    std::string table(76, '\0');
    table[48] = 7;
    directory_.file("sys/firmware/acpi/tables/TPM2", table);
    directory_.file("sys/bus/acpi/devices/MSFT0101:00/hid", "MSFT0101\n");
    const auto acpi = machine_.acpi().value().value();
    EXPECT_EQ(acpi.table, "TPM2");
    EXPECT_EQ(acpi.start_method, 7u);
    EXPECT_THAT(acpi.device_ids, ElementsAre("MSFT0101"));

    directory_.file("sys/firmware/acpi/tables/TPM2", table.substr(0, 51));
    EXPECT_EQ(machine_.acpi().error().message, "the ACPI table TPM2 is too short");
}

TEST_F(Looking, TakesTheLogFromSecurityfsFirst) {
    directory_.file("sys/kernel/security/tpm0/binary_bios_measurements", "log");
    EXPECT_EQ(machine_.firmware_log().value()->source, "securityfs");
    EXPECT_EQ(machine_.firmware_log().value()->bytes, "log");
}

TEST_F(Looking, TakesTheLogFromTheAreaTheTableNames) {
    std::string table(50, '\0');
    table[38] = 4;    // LAML
    table[43] = 0x10; // LASA 0x1000
    directory_.file("sys/firmware/acpi/tables/TCPA", table);
    directory_.file("dev/mem", std::string(0x1000, '.') + "a log"); // mapped as the real one
    const auto log = machine_.firmware_log();
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->source, "acpi log area");
    EXPECT_EQ((*log)->bytes, "a lo");

    table[41] = 0x7f; // nearly two GiB
    directory_.file("sys/firmware/acpi/tables/TCPA", table);
    EXPECT_EQ(machine_.firmware_log().error().message, "the log area is longer than 131072 bytes");
}

} // namespace
} // namespace vtpmlab::probe
