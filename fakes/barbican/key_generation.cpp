#include "barbican/key_generation.h"

#include "barbican/body_check.h"

#include <openssl/bio.h>
#include <openssl/dsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::array symmetric_algorithms = {"aes",        "des",        "3des",      "hmacsha1",
                                             "hmacsha256", "hmacsha384", "hmacsha512"};
constexpr std::array<std::int64_t, 4> symmetric_bits = {64, 128, 192, 256};
constexpr std::array asymmetric_algorithms = {"rsa", "dsa"};
constexpr std::array<std::int64_t, 3> asymmetric_bits = {1024, 2048, 4096};

template <typename T, void (*free_it)(T*)>
struct Freed {
    void operator()(T* it) const { free_it(it); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
struct FreeBio {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Memory = std::unique_ptr<BIO, FreeBio>;

// OpenSSL fails here only without memory or random numbers: a 500 at the edge of the HTTP kit.
void must(bool done) {
    if (!done)
        throw std::runtime_error("cannot make a key");
}

template <typename List, typename Value>
bool contains(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

Key generated(EVP_PKEY_CTX* context) {
    EVP_PKEY* key = nullptr;
    must(EVP_PKEY_keygen(context, &key) == 1);
    return Key(key);
}

Key rsa_key(int bits) {
    const KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
    must(context && EVP_PKEY_keygen_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) == 1);
    return generated(context.get());
}

Key dsa_key(int bits) {
    const KeyContext context(EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, nullptr));
    must(context && EVP_PKEY_paramgen_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), bits) == 1);
    EVP_PKEY* made = nullptr;
    must(EVP_PKEY_paramgen(context.get(), &made) == 1);
    const Key parameters(made);
    const KeyContext of_key(EVP_PKEY_CTX_new(parameters.get(), nullptr));
    must(of_key && EVP_PKEY_keygen_init(of_key.get()) == 1);
    return generated(of_key.get());
}

template <typename Write>
SecretValue written(Write write) {
    const Memory memory(BIO_new(BIO_s_secmem()));
    must(memory && write(memory.get()) == 1);
    const char* data = nullptr;
    const auto length = BIO_get_mem_data(memory.get(), &data);
    must(length > 0);
    return SecretValue(std::string_view(data, static_cast<std::size_t>(length)));
}

} // namespace

KeyKind key_kind(std::string_view algorithm) {
    const auto name = lowered(algorithm);
    return contains(symmetric_algorithms, name)    ? KeyKind::symmetric
           : contains(asymmetric_algorithms, name) ? KeyKind::asymmetric
                                                   : KeyKind::none;
}

bool makes_key(std::string_view algorithm, std::int64_t bits, std::string_view mode) {
    const std::int64_t halves = lowered(mode) == "xts" ? 2 : 1;
    switch (key_kind(algorithm)) {
    case KeyKind::symmetric:
        return bits % halves == 0 && contains(symmetric_bits, bits / halves);
    case KeyKind::asymmetric:
        return contains(asymmetric_bits, bits);
    case KeyKind::none:
        break;
    }
    return false;
}

SecretValue random_key(std::int64_t bits) {
    std::vector<unsigned char> key(static_cast<std::size_t>(bits / 8));
    must(RAND_bytes(key.data(), static_cast<int>(key.size())) == 1);
    return SecretValue(std::move(key));
}

KeyPair new_key_pair(std::string_view algorithm, std::int64_t bits, const SecretValue& passphrase) {
    const bool rsa = lowered(algorithm) == "rsa";
    const Key key = rsa ? rsa_key(static_cast<int>(bits)) : dsa_key(static_cast<int>(bits));
    const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
    const auto words = passphrase.reveal();
    const auto length = static_cast<int>(words.size());
    auto private_key = written([&](BIO* out) {
        return rsa ? PEM_write_bio_PKCS8PrivateKey(out, key.get(), cipher, words.data(), length,
                                                   nullptr, nullptr)
                   : i2d_PKCS8PrivateKey_bio(out, key.get(), cipher, words.data(), length, nullptr,
                                             nullptr);
    });
    auto public_key = written([&](BIO* out) {
        return rsa ? PEM_write_bio_PUBKEY(out, key.get()) : i2d_PUBKEY_bio(out, key.get());
    });
    return {std::move(private_key), std::move(public_key)};
}

} // namespace vtpmlab::fakes::barbican
