#pragma once
// Bytes nobody may read by accident: a passphrase, a token, a payload. Move-only, zeroed when it
// goes, not printable, compared in constant time. Tests search every artefact for such bytes.

#include <cstddef>
#include <ostream>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab {

class SecretValue {
public:
    SecretValue() = default;
    explicit SecretValue(std::string_view text) : bytes_(text.begin(), text.end()) {}
    explicit SecretValue(std::vector<unsigned char> bytes) : bytes_(std::move(bytes)) {}

    SecretValue(SecretValue&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    SecretValue& operator=(SecretValue&& other) noexcept {
        if (this != &other) {
            wipe();
            bytes_ = std::exchange(other.bytes_, {});
        }
        return *this;
    }
    SecretValue(const SecretValue&) = delete;
    SecretValue& operator=(const SecretValue&) = delete;
    ~SecretValue() { wipe(); }

    // A second copy is asked for by name, never made by accident.
    [[nodiscard]] SecretValue clone() const { return SecretValue(bytes_); }

    [[nodiscard]] std::span<const unsigned char> bytes() const { return bytes_; }
    // For the one call that hands it on (HTTP body, virSecretSetValue); never for a message.
    [[nodiscard]] std::string_view reveal() const {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

    friend bool operator==(const SecretValue& a, const SecretValue& b) {
        if (a.size() != b.size())
            return false;
        unsigned char difference = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            difference = static_cast<unsigned char>(difference | (a.bytes_[i] ^ b.bytes_[i]));
        return difference == 0;
    }

private:
    void wipe() noexcept {
        volatile unsigned char* p = bytes_.data();
        for (std::size_t i = 0; i < bytes_.size(); ++i)
            p[i] = 0;
        bytes_.clear();
    }

    std::vector<unsigned char> bytes_;
};

std::ostream& operator<<(std::ostream&, const SecretValue&) = delete;

} // namespace vtpmlab
