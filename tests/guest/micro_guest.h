#pragma once
// A micro guest straight under QEMU, without libvirt: what the probe and the harness say about it
// can be tested apart from how a cloud starts it. Everything it runs goes with the object.

#include "core/files.h"
#include "process/process.h"

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace vtpmlab::test {

enum class ProbePort { connected, missing };

struct MicroGuestSpec {
    std::optional<TpmDevice> tpm{};
    std::filesystem::path kernel{}; // empty: the built one
    std::string more_command_line{};
    ProbePort probe_port = ProbePort::connected;
};

class MicroGuest {
public:
    // Says what is missing, if this machine cannot run one.
    [[nodiscard]] static std::optional<std::string> missing_tool();

    // QEMU runs when this returns; how far the guest is, the probe's socket tells.
    [[nodiscard]] static Result<MicroGuest> boot(const MicroGuestSpec& spec);

    [[nodiscard]] std::filesystem::path probe_socket() const { return directory_.path() / "probe"; }
    [[nodiscard]] std::string console() const;
    // As libvirt's shutdown does.
    [[nodiscard]] Status press_power_button() const;
    // Nothing if QEMU still runs then.
    [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds time);

private:
    MicroGuest(TemporaryDirectory directory, std::optional<Process> swtpm, Process qemu)
        : directory_(std::move(directory)), swtpm_(std::move(swtpm)), qemu_(std::move(qemu)) {}

    // In this order: QEMU goes first, the directory last.
    TemporaryDirectory directory_;
    std::optional<Process> swtpm_;
    Process qemu_;
};

} // namespace vtpmlab::test
