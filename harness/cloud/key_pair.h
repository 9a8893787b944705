#pragma once
// A user's key pair as Nova keeps it: the public half. What reads and makes keys is here too.

#include <vtpmlab/clock.h>
#include <vtpmlab/secret_value.h>

#include <cstdint>
#include <optional>
#include <string>

namespace vtpmlab::cloud {

struct KeyPair {
    std::uint64_t number = 0;
    std::string user_id;
    std::string name; // of that user
    std::string type = "ssh";
    std::string public_key; // as it was given
    std::string fingerprint;
    Clock::Time created_at{};
};

// "aa:bb:…": MD5 of an OpenSSH public key's blob, SHA-1 of a certificate. Nothing when the text is
// neither. Source: nova/crypto.py, generate_fingerprint and generate_x509_fingerprint.
[[nodiscard]] std::optional<std::string> ssh_fingerprint(const std::string& public_key);
[[nodiscard]] std::optional<std::string> x509_fingerprint(const std::string& certificate);

struct NewKey {
    std::string public_key;  // one OpenSSH line
    SecretValue private_key; // PEM
};
// RSA of 2048 bits. Nothing when OpenSSL cannot.
[[nodiscard]] std::optional<NewKey> new_ssh_key();

} // namespace vtpmlab::cloud
