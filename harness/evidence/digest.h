#pragma once
// The hashes of TPM banks, by their names in a report: sha1, sha256, sha384, sha512, sm3-256.

#include <vtpmlab/evidence.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vtpmlab {

// Nothing for an algorithm this program does not know.
[[nodiscard]] std::optional<std::size_t> digest_size(std::string_view algorithm);
// The name behind a TPM_ALG_ID; "alg-N" for one it does not know.
[[nodiscard]] std::string digest_name(std::uint16_t algorithm_id);
// Empty for an unknown algorithm.
[[nodiscard]] Bytes digest(std::string_view algorithm, std::span<const unsigned char> data);

} // namespace vtpmlab
