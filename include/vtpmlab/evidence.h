#pragma once
// What a guest said about its TPM, and what follows from it. Values only: harness/evidence fills a
// GuestReport from what the probe sends (every field is checked there, for the guest may lie or be
// broken) and judges it.
//
// A report keeps "could not look" apart from "looked, and there was nothing": only the second one
// can prove that a guest has no TPM.

#include <vtpmlab/tpm.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab {

using Bytes = std::vector<unsigned char>;

template <typename T>
struct Observed {
    std::optional<T> value;  // nothing: looked, and there was none
    std::string unavailable; // why nobody could look; empty when somebody could

    [[nodiscard]] bool was_looked_at() const { return unavailable.empty(); }
    friend bool operator==(const Observed&, const Observed&) = default;
};

struct BoundDriver {
    std::string bus;    // "pnp", "platform", "acpi"
    std::string driver; // "tpm_tis", "tpm_crb"
    std::string device; // "MSFT0101:00"
    friend bool operator==(const BoundDriver&, const BoundDriver&) = default;
};

struct AcpiTpm {
    std::string table;                         // "TPM2" or "TCPA"
    std::optional<std::uint32_t> start_method; // TPM2 only: 6 is FIFO (TIS), 7 is CRB
    std::vector<std::string> device_ids;       // of the namespace: "PNP0C31", "MSFT0101"
    friend bool operator==(const AcpiTpm&, const AcpiTpm&) = default;
};

// What the bus answers at the TPM's address, whether a driver is bound or not. 0 or all ones is
// what an empty bus reads as.
struct InterfaceRegisters {
    std::uint32_t interface_id = 0; // 0xFED40030; a TPM 1.2 has none and reads as all ones
    std::uint32_t device_id = 0;    // 0xFED40F00: device and vendor of a TIS
    friend bool operator==(const InterfaceRegisters&, const InterfaceRegisters&) = default;
};

struct PcrBank {
    std::string algorithm; // "sha1", "sha256", …
    std::map<unsigned, Bytes> pcrs;
    friend bool operator==(const PcrBank&, const PcrBank&) = default;
};

// The public part of the endorsement key, RSA in both versions' default.
struct EndorsementKey {
    Bytes modulus; // big endian
    std::uint32_t exponent = 65537;
    std::string fingerprint; // SHA-256 of the DER SubjectPublicKeyInfo, hex
    friend bool operator==(const EndorsementKey&, const EndorsementKey&) = default;
};

struct Vendor {
    std::string manufacturer; // "IBM"
    std::string description;  // "SW   TPM"; a TPM 1.2 has none
    std::string firmware;     // "2019102300163636", "1.2.18.158"
    bool may_write = false;   // the probe takes it for a software TPM, which tests may change
    friend bool operator==(const Vendor&, const Vendor&) = default;
};

struct SelfTest {
    bool passed = false;
    std::string text; // the TPM's own words when it did not
    friend bool operator==(const SelfTest&, const SelfTest&) = default;
};

struct FirmwareLog {
    std::string source; // where the guest found it
    Bytes bytes;
    friend bool operator==(const FirmwareLog&, const FirmwareLog&) = default;
};

struct GuestReport {
    std::string kernel; // "6.1.0-56-cloud-amd64"

    // The witnesses, one by one.
    Observed<std::vector<std::string>> device_nodes; // "/dev/tpm0", "/dev/tpmrm0"
    Observed<BoundDriver> driver;
    Observed<AcpiTpm> acpi;
    Observed<InterfaceRegisters> interface_registers;
    Observed<unsigned> sysfs_version_major;
    Observed<TpmVersion> answered_version; // by the TPM itself

    // What the TPM answered; "nothing" and "could not look" as above.
    Observed<Vendor> vendor;
    Observed<SelfTest> self_test;
    Observed<Bytes> random; // 32 bytes, drawn for this report
    Observed<std::vector<PcrBank>> pcr_banks;
    Observed<EndorsementKey> endorsement_key;
    Observed<Bytes> endorsement_certificate; // DER, from NV
    Observed<FirmwareLog> firmware_log;

    // How long each question took in the guest.
    std::vector<std::pair<std::string, std::chrono::microseconds>> timings;
};

// What one witness says about presence, version and model; what it does not know stays empty.
enum class Presence { present, absent, unavailable };

[[nodiscard]] constexpr std::string_view to_string(Presence presence) {
    switch (presence) {
    case Presence::present:
        return "present";
    case Presence::absent:
        return "absent";
    case Presence::unavailable:
        return "unavailable";
    }
    return "unavailable";
}

// Where a witness has it from. Witnesses of one source are not independent of each other.
enum class Source {
    kernel,   // what its driver found
    firmware, // the ACPI tables
    bus,      // the device's registers
    device,   // the TPM's own answer
};

struct Testimony {
    Source source = Source::kernel;
    std::string witness;  // "bound driver"
    std::string observed; // "platform / tpm_tis (MSFT0101:00)"
    Presence presence = Presence::unavailable;
    std::optional<TpmVersion> version;
    std::optional<TpmModel> model;
    friend bool operator==(const Testimony&, const Testimony&) = default;
};

enum class Finding {
    tpm,       // three independent sources for its version, two for its model, and all agree
    no_tpm,    // kernel, firmware and bus all looked, and nobody saw one
    undecided, // they disagree, or too few could look
};

[[nodiscard]] constexpr std::string_view to_string(Finding finding) {
    switch (finding) {
    case Finding::tpm:
        return "tpm";
    case Finding::no_tpm:
        return "no tpm";
    case Finding::undecided:
        return "undecided";
    }
    return "undecided";
}

// A PCR that is not what the firmware's event log makes it.
struct PcrMismatch {
    std::string bank;
    unsigned pcr = 0;
    Bytes in_tpm;
    Bytes replayed;
    std::string event; // the event that explains it, as a sentence
    friend bool operator==(const PcrMismatch&, const PcrMismatch&) = default;
};

struct Verdict {
    Finding finding = Finding::undecided;
    std::optional<TpmDevice> tpm; // exactly when the finding is `tpm`
    std::vector<Testimony> testimonies;
    std::vector<std::string> disagreements; // who contradicts whom, one sentence each
    std::vector<PcrMismatch> pcr_mismatches;
    // Beside presence and identity: a failed self-test, an unreadable log, a certificate for
    // another key. One sentence each.
    std::vector<std::string> complaints;

    // Nothing speaks against the finding.
    [[nodiscard]] bool is_clean() const {
        return finding != Finding::undecided && disagreements.empty() && pcr_mismatches.empty() &&
               complaints.empty();
    }
};

} // namespace vtpmlab
