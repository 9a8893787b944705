#include "keystone/password_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <span>
#include <stdexcept>

namespace vtpmlab::fakes::keystone {

namespace {

constexpr std::size_t salt_bytes = 16, digest_bytes = 32;

// Fourteen personas with generated passwords are made whenever a cloud starts: stretching those
// would be a quarter of the processor time of all scenarios at model depth.
int rounds_for(PasswordOrigin origin) { return origin == PasswordOrigin::generated ? 1 : 10'000; }

std::vector<unsigned char> stretched(std::span<const unsigned char> salt, std::string_view password,
                                     int rounds) {
    std::vector<unsigned char> digest(digest_bytes);
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                          static_cast<int>(salt.size()), rounds, EVP_sha256(),
                          static_cast<int>(digest.size()), digest.data()) != 1)
        throw std::runtime_error("cannot hash a password");
    return digest;
}

} // namespace

PasswordHash hashed(std::string_view password, PasswordOrigin origin) {
    PasswordHash hash;
    hash.rounds = rounds_for(origin);
    hash.salt.resize(salt_bytes);
    if (RAND_bytes(hash.salt.data(), static_cast<int>(hash.salt.size())) != 1)
        throw std::runtime_error("no random numbers for a password's salt");
    hash.digest = stretched(hash.salt, password, hash.rounds);
    return hash;
}

bool matches(const PasswordHash& hash, std::string_view password) {
    const auto actual = stretched(hash.salt, password, hash.rounds);
    return hash.digest.size() == actual.size() &&
           CRYPTO_memcmp(hash.digest.data(), actual.data(), actual.size()) == 0;
}

} // namespace vtpmlab::fakes::keystone
