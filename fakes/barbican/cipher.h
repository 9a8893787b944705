#pragma once
// Seals payloads before they reach the database: AES-256-GCM with a key made for this cloud, bound
// to the secret's id, so a row copied under another id does not open. The key of a database in a
// file lies beside it, readable by its owner only; without one it never leaves memory.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::barbican {

class Cipher {
public:
    // `key_file` "" makes a key that lives as long as this object.
    static Result<std::unique_ptr<Cipher>> open(const std::string& key_file);

    [[nodiscard]] std::vector<unsigned char> seal(std::string_view secret_id,
                                                  std::span<const unsigned char> plain) const;
    // Nothing if the bytes were not sealed with this key for this id.
    [[nodiscard]] std::optional<SecretValue>
    open_sealed(std::string_view secret_id, std::span<const unsigned char> sealed) const;

private:
    explicit Cipher(SecretValue key) : key_(std::move(key)) {}
    SecretValue key_;
};

} // namespace vtpmlab::fakes::barbican
