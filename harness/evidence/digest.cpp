#include "evidence/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace vtpmlab {
namespace {

struct Algorithm {
    std::string_view name;
    std::uint16_t id; // TPM_ALG_ID
    std::size_t size;
    const char* openssl;
};
constexpr std::array algorithms{
    Algorithm{"sha1", 0x0004, 20, "SHA1"},     Algorithm{"sha256", 0x000b, 32, "SHA256"},
    Algorithm{"sha384", 0x000c, 48, "SHA384"}, Algorithm{"sha512", 0x000d, 64, "SHA512"},
    Algorithm{"sm3-256", 0x0012, 32, "SM3"},
};

const Algorithm* find(std::string_view name) {
    const auto found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == algorithms.end() ? nullptr : &*found;
}

} // namespace

std::optional<std::size_t> digest_size(std::string_view algorithm) {
    const Algorithm* found = find(algorithm);
    return found != nullptr ? std::optional(found->size) : std::nullopt;
}

std::string digest_name(std::uint16_t algorithm_id) {
    const auto found = std::ranges::find(algorithms, algorithm_id, &Algorithm::id);
    return found == algorithms.end() ? "alg-" + std::to_string(algorithm_id)
                                     : std::string(found->name);
}

Bytes digest(std::string_view algorithm, std::span<const unsigned char> data) {
    const Algorithm* found = find(algorithm);
    const EVP_MD* method = found != nullptr ? EVP_get_digestbyname(found->openssl) : nullptr;
    if (method == nullptr)
        return {};
    Bytes value(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), value.data(), &size, method, nullptr) != 1)
        return {};
    value.resize(size);
    return value;
}

} // namespace vtpmlab
