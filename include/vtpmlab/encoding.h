#pragma once
// Base64, hex and UUIDs: the few encodings both the services and the harness need.

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace vtpmlab {

[[nodiscard]] inline std::string hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

// Nothing on an odd length or a character that is not a hex digit.
[[nodiscard]] inline std::optional<std::vector<unsigned char>> unhex(std::string_view text) {
    auto value = [](char c) -> int {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
            return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0)
        return std::nullopt;
    std::vector<unsigned char> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = value(text[i]), low = value(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes.push_back(static_cast<unsigned char>(high * 16 + low));
    }
    return bytes;
}

// RFC 4648 §4, with padding.
[[nodiscard]] inline std::string base64_encode(std::span<const unsigned char> bytes) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = std::uint32_t{bytes[i]} << 16;
        if (i + 1 < bytes.size())
            group |= std::uint32_t{bytes[i + 1]} << 8;
        if (i + 2 < bytes.size())
            group |= bytes[i + 2];
        text += alphabet[group >> 18];
        text += alphabet[(group >> 12) & 63];
        text += i + 1 < bytes.size() ? alphabet[(group >> 6) & 63] : '=';
        text += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
    }
    return text;
}
[[nodiscard]] inline std::string base64_encode(std::string_view text) {
    return base64_encode(
        std::span{reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

// Strict: nothing on wrong padding, foreign characters or stray bits.
[[nodiscard]] inline std::optional<std::vector<unsigned char>>
base64_decode(std::string_view text) {
    auto value = [](char c) -> int {
        if (c >= 'A' && c <= 'Z')
            return c - 'A';
        if (c >= 'a' && c <= 'z')
            return c - 'a' + 26;
        if (c >= '0' && c <= '9')
            return c - '0' + 52;
        if (c == '+')
            return 62;
        if (c == '/')
            return 63;
        return -1;
    };
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::vector<unsigned char> bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int bits = 0;
    for (char c : text.substr(0, text.size() - padding)) {
        const int v = value(c);
        if (v < 0)
            return std::nullopt;
        group = (group << 6) | static_cast<std::uint32_t>(v);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<unsigned char>((group >> bits) & 0xff));
        }
    }
    if ((group & ((1u << bits) - 1)) != 0)
        return std::nullopt;
    return bytes;
}

// From the operating system's random numbers. Throws std::system_error where there are none.
inline void fill_with_random(std::span<unsigned char> bytes) {
    constexpr std::size_t most_at_once = 256; // of getentropy(3)
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(bytes.size(), most_at_once));
        if (::getentropy(piece.data(), piece.size()) != 0)
            throw std::system_error(errno, std::generic_category(), "getentropy");
        bytes = bytes.subspan(piece.size());
    }
}

// RFC 4122 version 4.
[[nodiscard]] inline std::string random_uuid() {
    std::array<unsigned char, 16> bytes;
    fill_with_random(bytes);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    std::string text = hex(bytes);
    for (std::size_t at : {8u, 13u, 18u, 23u})
        text.insert(at, 1, '-');
    return text;
}

[[nodiscard]] inline bool is_uuid(std::string_view text) {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
            return false;
        }
    }
    return true;
}

} // namespace vtpmlab
