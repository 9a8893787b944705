#include "evidence/endorsement.h"

#include "evidence/digest.h"

#include <vtpmlab/encoding.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <memory>

namespace vtpmlab {
namespace {

template <auto Free>
struct FreeWith {
    template <typename T>
    void operator()(T* value) const noexcept {
        Free(value);
    }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;

// OPENSSL_free is a macro.
void free_bytes(unsigned char* bytes) noexcept { OPENSSL_free(bytes); }

OwnedKey rsa_key(std::span<const unsigned char> modulus, std::uint32_t exponent) {
    const Owned<BIGNUM, BN_free> n(
        BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
    const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    if (!n || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1)
        return nullptr;
    const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return OwnedKey(key);
}

std::string fingerprint_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    const std::unique_ptr<unsigned char, FreeWith<free_bytes>> owned(der);
    if (size <= 0)
        return {};
    return hex(digest("sha256", {der, static_cast<std::size_t>(size)}));
}

} // namespace

Result<std::string> key_fingerprint(std::span<const unsigned char> modulus,
                                    std::uint32_t exponent) {
    const OwnedKey key = rsa_key(modulus, exponent);
    std::string fingerprint = key ? fingerprint_of(key.get()) : std::string{};
    if (fingerprint.empty())
        return fail(ErrorKind::product, "the endorsement key is no RSA key");
    return fingerprint;
}

Result<std::string> certified_key_fingerprint(std::span<const unsigned char> der) {
    const unsigned char* at = der.data();
    const Owned<X509, X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate)
        return fail(ErrorKind::product, "the endorsement certificate is no X.509 certificate");
    EVP_PKEY* key = X509_get0_pubkey(certificate.get());
    std::string fingerprint = key != nullptr ? fingerprint_of(key) : std::string{};
    if (fingerprint.empty())
        return fail(ErrorKind::product,
                    "the endorsement certificate is for a key of an unknown kind");
    return fingerprint;
}

} // namespace vtpmlab
