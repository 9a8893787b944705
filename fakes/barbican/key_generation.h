#pragma once
// The keys orders ask for, really made: random bytes, RSA and DSA pairs as Barbican's simple crypto
// plugin makes them (PKCS#8 and SubjectPublicKeyInfo; PEM for RSA, DER for DSA).

#include <vtpmlab/secret_value.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace vtpmlab::fakes::barbican {

enum class KeyKind { none, symmetric, asymmetric };

// What Barbican takes the name of an algorithm for, in any case.
[[nodiscard]] KeyKind key_kind(std::string_view algorithm);
// Whether the plugin makes keys of that length; `mode` "xts" needs twice the bits.
[[nodiscard]] bool makes_key(std::string_view algorithm, std::int64_t bits, std::string_view mode);

struct KeyPair {
    SecretValue private_key, public_key;
};

[[nodiscard]] SecretValue random_key(std::int64_t bits);
// `algorithm` "rsa" or "dsa". A passphrase that is not empty encrypts the private key.
[[nodiscard]] KeyPair new_key_pair(std::string_view algorithm, std::int64_t bits,
                                   const SecretValue& passphrase);

} // namespace vtpmlab::fakes::barbican
