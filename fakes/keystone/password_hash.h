#pragma once
// Salted digests of passwords, stretched where somebody may have chosen a short one.

#include <string_view>
#include <vector>

namespace vtpmlab::fakes::keystone {

enum class PasswordOrigin {
    chosen,    // by somebody, so perhaps a short one
    generated, // at random, 122 bits or more: whoever could guess it needs no digest
};

struct PasswordHash {
    std::vector<unsigned char> salt, digest;
    int rounds = 0; // of PBKDF2-HMAC-SHA-256
};

[[nodiscard]] PasswordHash hashed(std::string_view password, PasswordOrigin origin);
// Takes as long whether it matches or not.
[[nodiscard]] bool matches(const PasswordHash& hash, std::string_view password);

} // namespace vtpmlab::fakes::keystone
