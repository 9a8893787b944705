#pragma once
// The line to vtpm-probe in a guest: QEMU's second serial port as a UNIX socket. Everything that
// comes out of it is hostile until checked: memory and time are bounded, lines that are not frames
// are counted and skipped, and answers to questions nobody asked are dropped. Not thread-safe; one
// owner a channel.

#include <vtpmlab/probe_protocol.h>
#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace vtpmlab {

class GuestChannel {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    // Waits until QEMU listens there and the guest's probe has answered a hello. The error says how
    // far it came: no socket, nobody listening, a silent guest, or one that only talks nonsense.
    [[nodiscard]] static Result<GuestChannel> connect(const std::filesystem::path& socket_path,
                                                      Deadline deadline);

    GuestChannel(GuestChannel&& other) noexcept;
    GuestChannel& operator=(GuestChannel&& other) noexcept;
    GuestChannel(const GuestChannel&) = delete;
    GuestChannel& operator=(const GuestChannel&) = delete;
    ~GuestChannel();

    // The `result` of the answer. An operation the probe refuses or that failed in the guest is an
    // error of kind product with the probe's own text, made printable.
    [[nodiscard]] Result<nlohmann::json> request(std::string_view op, const nlohmann::json& params,
                                                 Deadline deadline);

    // Asks the guest to power off, and waits until it has said that it will.
    [[nodiscard]] Status power_off(Deadline deadline);

    // Lines from the guest that were not frames, since the connection was made.
    [[nodiscard]] std::size_t rejected_lines() const { return decoder_.rejected_lines(); }

private:
    GuestChannel(int fd, std::filesystem::path socket_path)
        : fd_(fd), socket_path_(std::move(socket_path)) {}

    [[nodiscard]] Status send(std::string_view line, Deadline deadline);
    // Nothing when the deadline passed without a whole frame.
    [[nodiscard]] Result<std::optional<std::string>> receive(Deadline deadline);
    [[nodiscard]] Status await_hello(Deadline deadline);
    [[nodiscard]] std::string seen() const;

    int fd_ = -1;
    std::filesystem::path socket_path_;
    probe::FrameDecoder decoder_;
    std::uint64_t next_id_ = 1;
    std::uint64_t bytes_received_ = 0;
};

} // namespace vtpmlab
