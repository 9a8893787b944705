#include "client/digest.h"

#include <vtpmlab/encoding.h>

#include <openssl/evp.h>

#include <array>
#include <span>

namespace vtpmlab::client {

struct Digest::Context {
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> handle{EVP_MD_CTX_new()};
};

Digest::Digest(Algorithm algorithm) : context_(std::make_unique<Context>()) {
    EVP_DigestInit_ex(context_->handle.get(),
                      algorithm == Algorithm::md5 ? EVP_md5() : EVP_sha512(), nullptr);
}

Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
    EVP_DigestUpdate(context_->handle.get(), bytes.data(), bytes.size());
}

std::string Digest::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_->handle.get(), value.data(), &length);
    return hex(std::span(value.data(), length));
}

} // namespace vtpmlab::client
