#pragma once
// Whose TPM it is: the fingerprint of an endorsement key, and whether a certificate is for it.

#include <vtpmlab/evidence.h>
#include <vtpmlab/result.h>

#include <cstdint>
#include <span>
#include <string>

namespace vtpmlab {

// SHA-256 of the DER SubjectPublicKeyInfo, in hex.
[[nodiscard]] Result<std::string> key_fingerprint(std::span<const unsigned char> modulus,
                                                  std::uint32_t exponent);

// The same of the key an X.509 certificate (DER) is for.
[[nodiscard]] Result<std::string> certified_key_fingerprint(std::span<const unsigned char> der);

} // namespace vtpmlab
