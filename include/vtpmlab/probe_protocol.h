#pragma once
// The wire between vtpm-probe in the guest and the harness: one line is one frame,
//
//     @VTPM1 <decimal length of the JSON> <CRC-32 of it, 8 hex digits> <JSON>\n
//
// so that a lost byte, kernel chatter or a hostile guest costs frames and nothing else: memory is
// bounded, and the next good line is read again. Framing only: what the JSON says is checked
// elsewhere. Standard library only, for this header is compiled into the guest as well.

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vtpmlab::probe {

inline constexpr std::string_view frame_magic = "@VTPM1 ";
inline constexpr std::size_t max_payload_bytes = std::size_t{256} << 10;
// Magic, at most six digits, a space, eight hex digits, a space.
inline constexpr std::size_t max_line_bytes = max_payload_bytes + 23;
// The port the probe answers on. The first serial port is the kernel's console.
inline constexpr std::string_view guest_port = "/dev/ttyS1";

// CRC-32 as in IEEE 802.3, gzip and zlib.
[[nodiscard]] constexpr std::uint32_t crc32(std::string_view bytes) {
    constexpr auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320u : value >> 1;
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t crc = 0xffffffffu;
    for (char c : bytes)
        crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
    return ~crc;
}

// The frame of `json`, or nothing when it holds a newline or is too long to be one.
[[nodiscard]] inline std::optional<std::string> frame(std::string_view json) {
    if (json.size() > max_payload_bytes || json.find('\n') != std::string_view::npos)
        return std::nullopt;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string line;
    line.reserve(json.size() + 24);
    line += frame_magic;
    line += std::to_string(json.size());
    line += ' ';
    const std::uint32_t crc = crc32(json);
    for (int shift = 28; shift >= 0; shift -= 4)
        line += digits[(crc >> shift) & 15];
    line += ' ';
    line += json;
    line += '\n';
    return line;
}

// Takes bytes as they come and hands out payloads whose length and checksum are right. Holds at
// most one unfinished line and the payloads of the last push().
class FrameDecoder {
public:
    void push(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            const std::string_view part = bytes.substr(0, end);
            if (!skipping_ && line_.size() + part.size() > max_line_bytes) {
                // No frame is that long: the rest of the line is dropped as it comes.
                reject(line_.empty() ? part : std::string_view{line_});
                line_.clear();
                skipping_ = true;
            }
            if (!skipping_)
                line_ += part;
            if (end == std::string_view::npos)
                return;
            if (!skipping_)
                finish_line();
            line_.clear();
            skipping_ = false;
            bytes.remove_prefix(end + 1);
        }
    }

    // The next good payload, oldest first.
    [[nodiscard]] std::optional<std::string> next() {
        if (ready_.empty())
            return std::nullopt;
        std::string payload = std::move(ready_.front());
        ready_.pop_front();
        return payload;
    }

    // How many lines were not frames, and the beginning of the last of them, unprintable as it
    // came.
    [[nodiscard]] std::size_t rejected_lines() const { return rejected_; }
    [[nodiscard]] const std::string& last_rejected() const { return last_rejected_; }

private:
    void finish_line() {
        std::string_view line = line_;
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        if (line.empty())
            return;
        // A line may start with the wreck of another one: the last magic counts as well as the
        // first. Never all of them, or a line made of magics would cost quadratic time.
        for (std::size_t at : {line.find(frame_magic), line.rfind(frame_magic)}) {
            if (at == std::string_view::npos)
                break;
            if (auto payload = parse(line.substr(at + frame_magic.size()))) {
                ready_.emplace_back(*payload);
                return;
            }
        }
        reject(line);
    }

    // "<length> <crc> <json>"
    [[nodiscard]] static std::optional<std::string_view> parse(std::string_view text) {
        std::size_t length = 0;
        std::uint32_t crc = 0;
        if (!take_number(text, length, 10, 6) || length > max_payload_bytes ||
            !take_number(text, crc, 16, 8) || text.size() != length || crc32(text) != crc)
            return std::nullopt;
        return text;
    }

    template <typename Number>
    [[nodiscard]] static bool take_number(std::string_view& text, Number& value, int base,
                                          std::size_t max_digits) {
        const std::size_t digits = text.substr(0, max_digits + 1).find(' ');
        if (digits == std::string_view::npos || digits == 0)
            return false;
        const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value, base);
        if (error != std::errc{} || end != text.data() + digits)
            return false;
        text.remove_prefix(digits + 1);
        return true;
    }

    void reject(std::string_view line) {
        ++rejected_;
        last_rejected_ = line.substr(0, 160);
    }

    std::string line_;
    std::deque<std::string> ready_;
    std::string last_rejected_;
    std::size_t rejected_ = 0;
    bool skipping_ = false;
};

} // namespace vtpmlab::probe
