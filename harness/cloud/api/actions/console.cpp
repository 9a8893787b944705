// os-getConsoleOutput: what the guest wrote to its first serial port.

#include "cloud/api/server_action.h"
#include "core/files.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

// Nova reads no more than this from the end of the file (nova/virt/libvirt/driver.py,
// MAX_CONSOLE_BYTES).
constexpr std::size_t most_bytes = 100 << 10;

// How many lines are asked for; nothing means all of them.
std::optional<long> length_of(const json& body) {
    const auto found = body.find("length");
    if (found == body.end() || found->is_null())
        return std::nullopt;
    const long length =
        found->is_string() ? std::stol(found->get<std::string>()) : found->get<long>();
    return length < 0 ? std::nullopt : std::optional(length);
}

std::string last_lines(std::string text, std::optional<long> count) {
    if (!count)
        return text;
    if (*count == 0)
        return {};
    // A line break at the very end begins one more, empty line, as for Python's split().
    auto at = text.size();
    for (long left = *count; left > 0 && at != std::string::npos; --left)
        at = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    return at == std::string::npos ? text : text.substr(at + 1);
}

// What cannot stand in the answer is left out: control characters, and what is not UTF-8.
std::string readable(std::string text) {
    std::erase_if(text, [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n'); });
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace));
}

http::Outcome<http::Response> console_output(const ActionCall& call) {
    auto* compute = call.api.conductor.on_host(call.server.host);
    if (!compute)
        return http::refuse(409, fmt::format("Instance {} is not ready", call.server.id));
    // A guest that never started has an empty console.
    auto text = tail_of_file(compute->guest_ports(call.server.id).console_log, most_bytes);
    return http::Response::json(
        200, {{"output", readable(last_lines(std::move(text), length_of(call.body)))}});
}

} // namespace

std::vector<ServerAction> console_actions() {
    return {{"os-getConsoleOutput", body_schema("os-getConsoleOutput", R"({
                "type": "object", "additionalProperties": false,
                "properties": {"length": {"type": ["integer", "string", "null"],
                                          "pattern": "^-?[0-9]{1,9}$", "minimum": -1}}})"),
             "os_compute_api:os-console-output", Need::project_member, console_output}};
}

} // namespace vtpmlab::cloud
