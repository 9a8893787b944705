#pragma once
// Big-endian integers and byte runs, as both TPM versions put them on the wire. A reader that runs
// off the end turns bad and yields zeros; one question at the end tells.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vtpmlab::probe {

class WireWriter {
public:
    WireWriter& u8(std::uint8_t value) {
        bytes_.push_back(value);
        return *this;
    }
    WireWriter& u16(std::uint16_t value) {
        return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
    }
    WireWriter& u32(std::uint32_t value) {
        return u16(static_cast<std::uint16_t>(value >> 16)).u16(static_cast<std::uint16_t>(value));
    }
    WireWriter& bytes(std::span<const unsigned char> value) {
        bytes_.insert(bytes_.end(), value.begin(), value.end());
        return *this;
    }
    [[nodiscard]] const std::vector<unsigned char>& data() const { return bytes_; }

private:
    std::vector<unsigned char> bytes_;
};

class WireReader {
public:
    explicit WireReader(std::span<const unsigned char> bytes) : rest_(bytes) {}

    std::uint8_t u8() {
        const auto byte = bytes(1);
        return byte.empty() ? std::uint8_t{0} : byte[0];
    }
    std::uint16_t u16() {
        const unsigned high = u8();
        return static_cast<std::uint16_t>(high << 8 | u8());
    }
    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    // A view into what was given; empty, and bad from now on, when there are not so many.
    std::span<const unsigned char> bytes(std::size_t count) {
        if (count > rest_.size()) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    [[nodiscard]] std::span<const unsigned char> rest() const { return rest_; }
    [[nodiscard]] bool is_good() const { return is_good_; }

private:
    std::span<const unsigned char> rest_;
    bool is_good_ = true;
};

} // namespace vtpmlab::probe
