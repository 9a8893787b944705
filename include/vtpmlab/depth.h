#pragma once
// How real a run is. A model result is never shown as evidence from a guest, so the depth stands on
// every line of every report.

#include <optional>
#include <string_view>

namespace vtpmlab {

enum class Depth {
    model, // in-memory hypervisor: same services, same HTTP, no processes
    guest, // libvirt, QEMU, swtpm and a booted guest
};

[[nodiscard]] constexpr std::string_view to_string(Depth depth) {
    return depth == Depth::model ? "model" : "guest";
}
[[nodiscard]] constexpr std::optional<Depth> parse_depth(std::string_view text) {
    if (text == "model")
        return Depth::model;
    if (text == "guest")
        return Depth::guest;
    return std::nullopt;
}

} // namespace vtpmlab
