#include "probe/witness12.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

namespace vtpmlab::probe {
namespace {

constexpr Digest12 well_known_secret{};
constexpr std::uint32_t witness_index = 0x00018f77;
constexpr std::uint32_t witness_pcr = 15; // nobody else's in the guests here
constexpr std::size_t nonce_bytes = 32;

constexpr std::uint16_t protocol_owner = 0x0005;    // TPM_PID_OWNER
constexpr std::uint32_t owner_writes = 0x00000002;  // TPM_NV_PER_OWNERWRITE: anybody reads
constexpr std::uint32_t set_permanent_flags = 0x01; // TPM_SET_PERM_FLAGS
constexpr std::uint32_t flag_read_pubek = 0x04;     // TPM_PF_READPUBEK
constexpr std::uint32_t rc_bad_index = 0x02;
constexpr std::uint32_t srk_bits = 2048;

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Key key_of(const PublicKey& key) {
    const Number modulus(
        BN_bin2bn(key.modulus.data(), static_cast<int>(key.modulus.size()), nullptr));
    const ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!modulus || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, key.exponent) != 1)
        return nullptr;
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return Key(made);
}

// Part 1, 31.1.1: OAEP with SHA-1 and the label "TCPA".
Result<Bytes> encrypted_to(const PublicKey& key, const Digest12& secret) {
    const auto failed = [] {
        return fail(ErrorKind::lab, "OpenSSL cannot encrypt to the TPM's endorsement key");
    };
    const Key public_key = key_of(key);
    const KeyContext context(public_key ? EVP_PKEY_CTX_new(public_key.get(), nullptr) : nullptr);
    if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1)
        return failed();
    constexpr std::string_view label = "TCPA";
    void* const kept = OPENSSL_memdup(label.data(), label.size()); // the context frees it
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), kept, static_cast<int>(label.size())) !=
        1) {
        OPENSSL_free(kept);
        return failed();
    }
    std::size_t size = 0;
    if (EVP_PKEY_encrypt(context.get(), nullptr, &size, secret.data(), secret.size()) != 1)
        return failed();
    Bytes bytes(size);
    if (EVP_PKEY_encrypt(context.get(), bytes.data(), &size, secret.data(), secret.size()) != 1)
        return failed();
    bytes.resize(size);
    return bytes;
}

// TPM_KEY of the storage root key that is to be made.
void storage_root_key(WireWriter& out) {
    out.u8(1)
        .u8(1)
        .u8(0)
        .u8(0)       // TPM_STRUCT_VER
        .u16(0x0011) // TPM_KEY_STORAGE
        .u32(0)      // no flags
        .u8(1)       // TPM_AUTH_ALWAYS
        .u32(1)      // TPM_ALG_RSA
        .u16(3)      // TPM_ES_RSAESOAEP_SHA1_MGF1
        .u16(1)      // TPM_SS_NONE
        .u32(12)     // TPM_RSA_KEY_PARMS
        .u32(srk_bits)
        .u32(2)  // primes
        .u32(0)  // exponent: the default
        .u32(0)  // no PCRs
        .u32(0)  // no public part yet
        .u32(0); // nor a private one
}

// TPM_PCR_INFO_SHORT without a PCR, at any locality.
void any_pcrs(WireWriter& out) { out.u16(3).u8(0).u8(0).u8(0).u8(0x1f).bytes(Digest12{}); }

} // namespace

Status Witness12::plant(const PublicKey& endorsement_key, const Bytes& nonce) {
    VTPMLAB_CHECK(take_ownership(endorsement_key));
    VTPMLAB_CHECK(keep_endorsement_key_readable());
    VTPMLAB_CHECK(define_space(nonce.size()));
    VTPMLAB_CHECK(write_space(nonce));
    Digest12 digest{};
    std::copy_n(nonce.begin(), std::min(nonce.size(), digest.size()), digest.begin());
    WireWriter request;
    request.u32(witness_pcr).bytes(digest);
    VTPMLAB_CHECK(wire_.ask(Ordinal::extend, request));
    return {};
}

Status Witness12::take_ownership(const PublicKey& endorsement_key) {
    VTPMLAB_TRY(const Bytes owner, encrypted_to(endorsement_key, well_known_secret));
    VTPMLAB_TRY(const Bytes root, encrypted_to(endorsement_key, well_known_secret));
    WireWriter request;
    request.u16(protocol_owner)
        .u32(static_cast<std::uint32_t>(owner.size()))
        .bytes(owner)
        .u32(static_cast<std::uint32_t>(root.size()))
        .bytes(root);
    storage_root_key(request);
    VTPMLAB_CHECK(wire_.ask_authorised(Ordinal::take_ownership, request, well_known_secret));
    return {};
}

// A TPM with an owner shows its endorsement key to nobody else, until the owner says so.
Status Witness12::keep_endorsement_key_readable() {
    WireWriter request;
    request.u32(set_permanent_flags).u32(4).u32(flag_read_pubek).u32(1).u8(1);
    VTPMLAB_CHECK(wire_.ask_authorised(Ordinal::set_capability, request, well_known_secret));
    return {};
}

Status Witness12::define_space(std::size_t size) {
    WireWriter space; // TPM_NV_DATA_PUBLIC
    space.u16(0x0018).u32(witness_index);
    any_pcrs(space); // to read
    any_pcrs(space); // to write
    space.u16(0x0017).u32(owner_writes).u8(0).u8(0).u8(0).u32(static_cast<std::uint32_t>(size));
    VTPMLAB_CHECK(wire_.ask_owner_with_secret(Ordinal::nv_define_space, std::move(space),
                                              well_known_secret, well_known_secret));
    return {};
}

Status Witness12::write_space(const Bytes& data) {
    WireWriter request;
    request.u32(witness_index).u32(0).u32(static_cast<std::uint32_t>(data.size())).bytes(data);
    VTPMLAB_CHECK(wire_.ask_authorised(Ordinal::nv_write_value, request, well_known_secret));
    return {};
}

Look<Bytes> Witness12::read_space() {
    WireWriter request;
    request.u32(witness_index).u32(0).u32(nonce_bytes);
    VTPMLAB_TRY(const Answer12 answer, wire_.transmit(Ordinal::nv_read_value, request));
    if (answer.code == rc_bad_index)
        return std::nullopt;
    if (answer.code != 0)
        return Tpm12Wire::refused(Ordinal::nv_read_value, answer.code);
    WireReader in(answer.body);
    const auto data = in.bytes(in.u32());
    if (!in.is_good())
        return Tpm12Wire::malformed(Ordinal::nv_read_value);
    return Bytes(data.begin(), data.end());
}

Look<Bytes> Witness12::read_pcr() {
    WireWriter request;
    request.u32(witness_pcr);
    VTPMLAB_TRY(Bytes value, wire_.ask(Ordinal::pcr_read, request));
    return std::optional(std::move(value));
}

Witness Witness12::look() {
    const auto none = fail(ErrorKind::product, "not part of the witness in a TPM 1.2");
    return {read_space(), none, none, none, none, read_pcr()};
}

} // namespace vtpmlab::probe
