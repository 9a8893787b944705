#pragma once
// A TPM of either version, as far as a report asks for it. Nothing here writes to it: what does
// must ask for a SoftwareTpm first, and that exists only for the software TPM.

#include "probe/look.h"
#include "probe/transport.h"

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::probe {

struct Vendor {
    std::string manufacturer; // "IBM"
    std::string description;  // the vendor's own string, "SW   TPM"; empty in 1.2
    std::string firmware;
};

struct PublicKey {
    Bytes modulus; // big endian
    std::uint32_t exponent = 65537;
};

struct Bank {
    std::string algorithm;
    std::map<unsigned, Bytes> pcrs;
};

// Sealed objects as the TPM gave them out: only it can open them again. Kept by whoever asked.
struct WitnessBlobs {
    Bytes sealed;
    Bytes sealed_to_pcrs; // opens only while PCRs 0 and 7 are as they were
};

// What can be found now of what was planted: nothing where it is gone, an error where nobody can
// look. What a version of TPM cannot have is such an error.
struct Witness {
    Look<Bytes> nv;             // the nonce, in an NV index
    Look<std::uint64_t> boots;  // an NV counter
    Look<Bytes> persistent;     // the name of a key at a persistent handle
    Look<Bytes> sealed;         // the nonce, unsealed
    Look<Bytes> sealed_to_pcrs; // the same, under a PCR policy
    Look<Bytes> pcr;            // PCR 15, extended by hand
};

class SoftwareTpm;

// An answer that says no: "nothing there" is not an error for a certificate.
class Tpm {
public:
    Tpm() = default;
    Tpm(const Tpm&) = delete;
    Tpm& operator=(const Tpm&) = delete;
    virtual ~Tpm() = default;

    [[nodiscard]] virtual TpmVersion version() const = 0;
    [[nodiscard]] virtual Result<Vendor> vendor() = 0;
    // Runs the whole self-test; the error carries the TPM's own code.
    [[nodiscard]] virtual Status self_test() = 0;
    [[nodiscard]] virtual Result<Bytes> random(std::size_t count) = 0;
    [[nodiscard]] virtual Result<std::vector<Bank>> banks() = 0;
    [[nodiscard]] virtual Result<PublicKey> endorsement_key() = 0;
    // DER; empty when there is none.
    [[nodiscard]] virtual Result<Bytes> endorsement_certificate() = 0;

    // Writes the witness; an error when there is one already.
    [[nodiscard]] virtual Result<WitnessBlobs> plant_witness(const SoftwareTpm& permission,
                                                             const Bytes& nonce) = 0;
    // One boot more, if a witness is there to count it.
    [[nodiscard]] virtual Status count_boot(const SoftwareTpm& permission) = 0;
    // Leaves everything as it is.
    [[nodiscard]] virtual Witness witness(const WitnessBlobs& blobs) = 0;
};

// Asks in both languages, and opens the one that was answered.
[[nodiscard]] Result<std::unique_ptr<Tpm>> open_tpm(const std::string& device);

// The version whose language the TPM answers; an error when it answers neither, or both.
[[nodiscard]] Result<TpmVersion> ask_version(Transport& transport);

[[nodiscard]] std::unique_ptr<Tpm> make_tpm12(std::unique_ptr<Transport> transport);
[[nodiscard]] Result<std::unique_ptr<Tpm>> make_tpm20(std::unique_ptr<DeviceTransport> transport);

// Permission to write. Anything that changes a TPM for good takes one as an argument, so a
// machine's real TPM cannot be harmed by a probe that was started in the wrong place.
class SoftwareTpm {
public:
    [[nodiscard]] static Result<SoftwareTpm> prove(Tpm& tpm);
    [[nodiscard]] Tpm& tpm() const { return *tpm_; }

private:
    explicit SoftwareTpm(Tpm& tpm) : tpm_(&tpm) {}
    Tpm* tpm_;
};

} // namespace vtpmlab::probe
