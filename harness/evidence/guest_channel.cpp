#include "evidence/guest_channel.h"

#include "core/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

// A hello may be lost while the guest's port is not open yet; its own greeting is lost while nobody
// listens. One of the two always comes through, and asking again costs a line.
constexpr auto hello_interval = 1s;
constexpr auto connect_interval = 20ms;
constexpr std::size_t max_error_text = 512;
constexpr int max_depth = 16;

constexpr const char* look_at_console = "the guest's console.log shows how far it came";

std::chrono::milliseconds left_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return std::clamp<std::chrono::milliseconds>(left, 0ms, 1h);
}

bool await(int fd, short events, Clock::time_point deadline) {
    pollfd what{fd, events, 0};
    return poll(&what, 1, static_cast<int>(left_until(deadline).count())) > 0;
}

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof address.sun_path)
        return fail(ErrorKind::lab,
                    fmt::format("the path of the guest's serial socket has {} bytes, and a UNIX "
                                "socket at most {}",
                                text.size(), sizeof address.sun_path - 1),
                    text, "choose a shorter directory for the run, with --out or TMPDIR");
    std::ranges::copy(text, address.sun_path);
    return address;
}

tl::unexpected<Error> line_failed(const char* done, const std::filesystem::path& path) {
    return fail(ErrorKind::lab,
                fmt::format("the guest's serial line cannot be {}: {}", done, std::strerror(errno)),
                path.string(), "QEMU's log tells whether it still runs");
}

Result<UniqueFd> connect_to(const std::filesystem::path& path, Clock::time_point deadline) {
    VTPMLAB_TRY(const sockaddr_un address, address_of(path));
    for (;;) {
        UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket.is_open())
            return fail(ErrorKind::lab,
                        fmt::format("no socket for the guest's serial line can be made: {}",
                                    std::strerror(errno)),
                        path.string(), "allow more open files with `ulimit -n`, or run fewer jobs");
        if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0)
            return socket;
        const int error = errno;
        // Not there yet, nobody listens yet, or the backlog is full.
        if (error != ENOENT && error != ECONNREFUSED && error != EAGAIN)
            return fail(
                ErrorKind::lab,
                fmt::format("cannot reach the guest's serial line: {}", std::strerror(error)),
                path.string());
        if (Clock::now() >= deadline)
            return fail(ErrorKind::lab,
                        error == ENOENT ? "the guest's serial line is not there"
                                        : "nobody listens on the guest's serial line",
                        path.string(), "QEMU's log tells whether it ran at all");
        std::this_thread::sleep_for(
            std::min<Clock::duration>(connect_interval, deadline - Clock::now()));
    }
}

// Nothing for what is no answer: no object, too deep, no id, no verdict.
std::optional<json> parse_answer(const std::string& payload) {
    bool is_too_deep = false;
    const auto limit_depth = [&](int depth, json::parse_event_t, json&) {
        is_too_deep |= depth > max_depth;
        return !is_too_deep;
    };
    json answer = json::parse(payload, limit_depth, false);
    if (is_too_deep || !answer.is_object() || !answer.contains("id") ||
        !answer["id"].is_number_unsigned() || !answer.contains("ok") || !answer["ok"].is_boolean())
        return std::nullopt;
    return answer;
}

bool is_hello(const json& answer) {
    return answer["ok"].get<bool>() && answer.contains("result") && answer["result"].is_object() &&
           answer["result"].value("probe", json()) == json("vtpm-probe");
}

} // namespace

// A booting guest answers late, and then perhaps to questions of a channel that has hung up
// meanwhile: ids must differ from channel to channel, also from program to program.
GuestChannel::GuestChannel(UniqueFd socket, std::filesystem::path path)
    : socket_(std::move(socket)), path_(std::move(path)),
      next_id_(1 + std::random_device{}() % (1u << 30)) {}

Result<GuestChannel> GuestChannel::connect(const std::filesystem::path& socket_path,
                                           Deadline deadline) {
    VTPMLAB_TRY(UniqueFd socket, connect_to(socket_path, deadline));
    GuestChannel channel(std::move(socket), socket_path);
    VTPMLAB_CHECK(channel.await_hello(deadline));
    return channel;
}

Status GuestChannel::await_hello(Deadline deadline) {
    while (Clock::now() < deadline) {
        VTPMLAB_CHECK(send("hello", next_id_++, json::object(), deadline));
        const auto ask_again = std::min<Deadline>(deadline, Clock::now() + hello_interval);
        for (;;) {
            VTPMLAB_TRY(const auto answer, receive(ask_again));
            if (!answer)
                break;
            if (!is_hello(*answer))
                continue;
            const json protocol = (*answer)["result"].value("protocol", json());
            if (protocol == json(1))
                return {};
            return fail(ErrorKind::product,
                        fmt::format("the guest's probe speaks protocol {}, and this program 1",
                                    printable(protocol.dump(), 32)),
                        path_.string(), "build the target 'guest' again");
        }
    }
    return guest_failed("the guest's probe did not answer in time");
}

Status GuestChannel::send(std::string_view op, std::uint64_t id, const json& params,
                          Deadline deadline) {
    json request = params.is_object() ? params : json::object();
    request["id"] = id;
    request["op"] = op;
    const auto line = probe::frame(request.dump());
    if (!line)
        return fail(ErrorKind::lab, fmt::format("the request '{}' is too long for a frame", op));
    std::string_view rest = *line;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return guest_failed("the guest hung up");
        } else if (errno != EINTR && errno != EAGAIN) {
            return line_failed("written to", path_);
        } else if (!await(socket_.get(), POLLOUT, deadline)) {
            return guest_failed("the guest does not read its serial line");
        }
    }
    return {};
}

Result<std::optional<json>> GuestChannel::receive(Deadline deadline) {
    for (;;) {
        while (const auto payload = decoder_.next()) {
            if (auto answer = parse_answer(*payload))
                return answer;
            ++foreign_frames_;
        }
        // A guest that never stops talking nonsense is silent as well.
        if (Clock::now() >= deadline || !await(socket_.get(), POLLIN, deadline))
            return std::optional<json>();
        std::array<char, 16384> buffer;
        const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (count > 0) {
            bytes_received_ += static_cast<std::uint64_t>(count);
            decoder_.push({buffer.data(), static_cast<std::size_t>(count)});
        } else if (count == 0 || errno == ECONNRESET) {
            return guest_failed("the guest hung up");
        } else if (errno != EINTR && errno != EAGAIN) {
            return line_failed("read from", path_);
        }
    }
}

Result<json> GuestChannel::request(std::string_view op, const json& params, Deadline deadline) {
    const std::uint64_t id = next_id_++;
    VTPMLAB_CHECK(send(op, id, params, deadline));
    for (;;) {
        VTPMLAB_TRY(const auto answer, receive(deadline));
        if (!answer)
            return guest_failed(fmt::format("the guest did not answer '{}' in time", op));
        if ((*answer)["id"] != json(id))
            continue; // to an earlier question, or to none
        if ((*answer)["ok"].get<bool>())
            return answer->value("result", json());
        const json text = answer->value("error", json());
        return fail(ErrorKind::product,
                    fmt::format("the guest's probe could not answer '{}': {}", op,
                                text.is_string()
                                    ? printable(text.get_ref<const std::string&>(), max_error_text)
                                    : "it does not say why"),
                    path_.string());
    }
}

Status GuestChannel::power_off(Deadline deadline) {
    VTPMLAB_TRY([[maybe_unused]] const json answer, request("power_off", json::object(), deadline));
    return {};
}

tl::unexpected<Error> GuestChannel::guest_failed(std::string message) const {
    Error error;
    error.kind = ErrorKind::product;
    error.message = std::move(message);
    error.where = path_.string();
    error.causes = {seen()};
    error.hint = look_at_console;
    return fail(std::move(error));
}

std::string GuestChannel::seen() const {
    if (bytes_received_ == 0)
        return "not one byte came";
    std::string text = fmt::format("{} bytes came", bytes_received_);
    if (decoder_.rejected_lines() > 0)
        text += fmt::format(", {} lines were not frames, the last of them '{}'",
                            decoder_.rejected_lines(), printable(decoder_.last_rejected(), 160));
    if (foreign_frames_ > 0)
        text += fmt::format(", {} frames were not answers", foreign_frames_);
    return text;
}

} // namespace vtpmlab
