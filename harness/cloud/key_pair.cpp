#include "cloud/key_pair.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace vtpmlab::cloud {
namespace {

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

std::string with_colons(std::span<const unsigned char> digest) {
    std::string text;
    for (const unsigned char byte : digest)
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", byte);
    return text;
}

// RFC 4251 §5: a length of four bytes, then the bytes.
void put_string(std::vector<unsigned char>& blob, std::span<const unsigned char> bytes) {
    for (const int shift : {24, 16, 8, 0})
        blob.push_back(static_cast<unsigned char>(bytes.size() >> shift));
    blob.insert(blob.end(), bytes.begin(), bytes.end());
}

// A positive number; a leading zero keeps its highest bit from being a sign.
void put_number(std::vector<unsigned char>& blob, const BIGNUM& number) {
    std::vector<unsigned char> bytes(static_cast<std::size_t>(BN_num_bytes(&number)) + 1);
    BN_bn2bin(&number, bytes.data() + 1);
    const bool needs_zero = bytes.size() > 1 && (bytes[1] & 0x80) != 0;
    put_string(blob, std::span(bytes).subspan(needs_zero ? 0 : 1));
}

Number number_of(const EVP_PKEY& key, const char* name) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(&key, name, &number);
    return Number(number);
}

} // namespace

std::optional<std::string> ssh_fingerprint(const std::string& public_key) {
    const auto type_end = public_key.find(' ');
    if (type_end == std::string::npos)
        return std::nullopt;
    auto blob_end = public_key.find_first_of(" \n\r", type_end + 1);
    if (blob_end == std::string::npos)
        blob_end = public_key.size();
    const auto blob =
        base64_decode(std::string_view(public_key).substr(type_end + 1, blob_end - type_end - 1));
    // The blob begins with the type's name once more.
    std::vector<unsigned char> begin;
    put_string(begin,
               std::span(reinterpret_cast<const unsigned char*>(public_key.data()), type_end));
    if (!blob || blob->size() <= begin.size() ||
        !std::equal(begin.begin(), begin.end(), blob->begin()))
        return std::nullopt;
    std::array<unsigned char, 16> digest{};
    if (EVP_Digest(blob->data(), blob->size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1)
        return std::nullopt;
    return with_colons(digest);
}

std::optional<std::string> x509_fingerprint(const std::string& certificate) {
    const Memory text(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
    const Certificate read(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    std::array<unsigned char, 20> digest{};
    if (!read || X509_digest(read.get(), EVP_sha1(), digest.data(), nullptr) != 1)
        return std::nullopt;
    return with_colons(digest);
}

std::optional<NewKey> new_ssh_key() {
    const Key key(EVP_RSA_gen(2048));
    if (!key)
        return std::nullopt;
    const auto exponent = number_of(*key, OSSL_PKEY_PARAM_RSA_E);
    const auto modulus = number_of(*key, OSSL_PKEY_PARAM_RSA_N);
    const Memory pem(BIO_new(BIO_s_secmem()));
    if (!exponent || !modulus || !pem ||
        PEM_write_bio_PrivateKey_traditional(pem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                             nullptr) != 1)
        return std::nullopt;
    constexpr std::string_view type = "ssh-rsa";
    std::vector<unsigned char> blob;
    put_string(blob, std::span(reinterpret_cast<const unsigned char*>(type.data()), type.size()));
    put_number(blob, *exponent);
    put_number(blob, *modulus);
    char* text = nullptr;
    const auto length = BIO_get_mem_data(pem.get(), &text);
    return NewKey{fmt::format("{} {} Generated-by-Nova", type, base64_encode(blob)),
                  SecretValue(std::string_view(text, static_cast<std::size_t>(length)))};
}

} // namespace vtpmlab::cloud
