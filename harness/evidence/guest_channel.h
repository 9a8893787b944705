#pragma once
// The line to vtpm-probe in a guest: QEMU's second serial port as a UNIX socket. Everything that
// comes out of it is hostile until checked: memory and time are bounded, lines that are not frames
// are counted and skipped, and answers to questions nobody asked are dropped. Not thread-safe; one
// owner a channel.

#include "process/unique_fd.h"

#include <vtpmlab/probe_protocol.h>
#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vtpmlab {

class GuestChannel {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    // Waits until QEMU listens there and the guest's probe has answered a hello. The error says how
    // far it came: no socket, nobody listening, a silent guest, or one that only talks nonsense.
    [[nodiscard]] static Result<GuestChannel> connect(const std::filesystem::path& socket_path,
                                                      Deadline deadline);

    // The `result` of the answer. An operation the probe refuses or that failed in the guest is an
    // error of kind product with the probe's own text, made printable.
    [[nodiscard]] Result<nlohmann::json> request(std::string_view op, const nlohmann::json& params,
                                                 Deadline deadline);

    // Asks the guest to power off, and waits until it has said that it will.
    [[nodiscard]] Status power_off(Deadline deadline);

    // Lines from the guest that were not frames, since the connection was made.
    [[nodiscard]] std::size_t rejected_lines() const { return decoder_.rejected_lines(); }

private:
    GuestChannel(UniqueFd socket, std::filesystem::path path);

    [[nodiscard]] Status send(std::string_view op, std::uint64_t id, const nlohmann::json& params,
                              Deadline deadline);
    // The next answer of a probe; nothing when the deadline passed without one.
    [[nodiscard]] Result<std::optional<nlohmann::json>> receive(Deadline deadline);
    [[nodiscard]] Status await_hello(Deadline deadline);
    // An error whose cause is what came until now.
    [[nodiscard]] tl::unexpected<Error> guest_failed(std::string message) const;
    [[nodiscard]] std::string seen() const;

    UniqueFd socket_;
    std::filesystem::path path_;
    probe::FrameDecoder decoder_;
    std::uint64_t next_id_;
    std::uint64_t bytes_received_ = 0;
    std::uint64_t foreign_frames_ = 0;
};

} // namespace vtpmlab
