#include "evidence/witnesses.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace vtpmlab {
namespace {

constexpr auto v1_2 = TpmVersion::v1_2;
constexpr auto v2_0 = TpmVersion::v2_0;

// Presence from an observation; what it says more is the witness's own.
template <typename T, typename Interpret>
Testimony hear(const char* witness, Source source, const Observed<T>& observed,
               Interpret interpret) {
    Testimony testimony;
    testimony.witness = witness;
    testimony.source = source;
    if (!observed.was_looked_at()) {
        testimony.observed = observed.unavailable;
    } else if (!observed.value) {
        testimony.presence = Presence::absent;
        testimony.observed = "none";
    } else {
        testimony.presence = Presence::present;
        interpret(*observed.value, testimony);
    }
    return testimony;
}

void hear_nodes(const std::vector<std::string>& nodes, Testimony& testimony) {
    testimony.observed = fmt::format("{}", fmt::join(nodes, ", "));
    if (nodes.empty())
        testimony.presence = Presence::absent;
    // The kernel makes a resource manager for 2.0 only (Linux 4.12 and newer).
    const bool has_manager = std::ranges::any_of(
        nodes, [](const std::string& node) { return node.starts_with("/dev/tpmrm"); });
    testimony.version = has_manager ? v2_0 : v1_2;
}

void hear_driver(const BoundDriver& bound, Testimony& testimony) {
    testimony.observed = fmt::format("{} / {} ({})", bound.bus, bound.driver, bound.device);
    if (bound.driver == "tpm_crb") {
        testimony.model = TpmModel::crb;
        testimony.version = v2_0;
    } else if (bound.driver == "tpm_tis") {
        testimony.model = TpmModel::tis;
        if (bound.bus == "pnp")
            testimony.version = v1_2;
        else if (bound.bus == "platform")
            testimony.version = v2_0;
    }
}

void hear_acpi(const AcpiTpm& acpi, Testimony& testimony) {
    testimony.observed =
        fmt::format("{}{}{}{}", acpi.table.empty() ? "no table" : acpi.table,
                    acpi.start_method ? fmt::format(", start method {}", *acpi.start_method) : "",
                    acpi.device_ids.empty() ? "" : ", ", fmt::join(acpi.device_ids, ", "));
    if (acpi.table == "TCPA") {
        testimony.version = v1_2;
        testimony.model = TpmModel::tis; // the only interface 1.2 has
    } else if (acpi.table == "TPM2") {
        testimony.version = v2_0;
        if (acpi.start_method == 6u)
            testimony.model = TpmModel::tis;
        else if (acpi.start_method == 7u)
            testimony.model = TpmModel::crb;
    }
}

// TCG PC Client Platform TPM Profile, TPM_INTERFACE_ID: the low four bits are the type in use.
void hear_registers(const InterfaceRegisters& registers, Testimony& testimony) {
    const auto is_silent = [](std::uint32_t value) { return value == 0 || value == 0xffffffff; };
    testimony.observed = fmt::format("interface id {:#010x}, device id {:#010x}",
                                     registers.interface_id, registers.device_id);
    if (is_silent(registers.interface_id)) {
        // Only a 2.0 has an interface id; what has a device id without one is a TIS before that.
        if (is_silent(registers.device_id))
            testimony.presence = Presence::absent;
        else
            testimony.model = TpmModel::tis;
        return;
    }
    switch (registers.interface_id & 0xf) {
    case 0x0: // FIFO
        testimony.model = TpmModel::tis;
        testimony.version = v2_0;
        break;
    case 0x1: // CRB
        testimony.model = TpmModel::crb;
        testimony.version = v2_0;
        break;
    case 0xf: // FIFO as in TIS 1.3
        testimony.model = TpmModel::tis;
        break;
    default:
        break;
    }
}

void hear_major(unsigned major, Testimony& testimony) {
    testimony.observed = fmt::format("{}", major);
    if (major == 1 || major == 2)
        testimony.version = major == 1 ? v1_2 : v2_0;
}

void hear_answer(TpmVersion version, Testimony& testimony) {
    testimony.observed = to_string(version);
    testimony.version = version;
}

} // namespace

std::vector<Testimony> hear_witnesses(const GuestReport& report) {
    return {
        hear("device nodes", Source::kernel, report.device_nodes, hear_nodes),
        hear("bound driver", Source::kernel, report.driver, hear_driver),
        hear("tpm_version_major", Source::kernel, report.sysfs_version_major, hear_major),
        hear("acpi", Source::firmware, report.acpi, hear_acpi),
        hear("registers", Source::bus, report.interface_registers, hear_registers),
        hear("the tpm's answer", Source::device, report.answered_version, hear_answer),
    };
}

} // namespace vtpmlab
