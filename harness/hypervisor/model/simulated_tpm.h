#pragma once
// What the model has in place of a TPM: an identity made when the state is, what a guest would have
// put into it, and how often it was powered on. Enough to tell the same TPM from a new one; no
// cryptography of a TPM, and never evidence from a guest.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>
#include <vtpmlab/tpm.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace vtpmlab::model {

// On disk.
struct SimulatedTpm {
    TpmVersion version = TpmVersion::v2_0;
    std::string identity;          // random; what an endorsement key is for a real one
    std::string passphrase_digest; // salted with the identity; the state opens with no other
    std::uint64_t boots = 0;       // power-ons of the guest since the state was made
    std::map<std::string, std::string> nv; // by name
    friend bool operator==(const SimulatedTpm&, const SimulatedTpm&) = default;
};

// In memory: gone with the power, kept over pause, managed save and live migration.
struct VolatileTpm {
    std::map<unsigned, std::string> extended; // PCR and what it was extended with
    friend bool operator==(const VolatileTpm&, const VolatileTpm&) = default;
};

// As swtpm_setup does it.
[[nodiscard]] SimulatedTpm make_tpm(TpmVersion version, const SecretValue& passphrase);
[[nodiscard]] bool opens_with(const SimulatedTpm& tpm, const SecretValue& passphrase);

// As a file, for moves from host to host. What is no such file is an error of kind product.
[[nodiscard]] std::string to_text(const SimulatedTpm& tpm);
[[nodiscard]] Result<SimulatedTpm> parse_simulated_tpm(std::string_view text);

} // namespace vtpmlab::model
