// What a guest may send: bytes to frames to a report. However it is cut into pieces, the same
// frames come out; memory stays bounded; a report is read whole or refused with one sentence.

#include "evidence/guest_report.h"

#include <vtpmlab/probe_protocol.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace vtpmlab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::string> frames(std::string_view bytes, std::size_t piece) {
    probe::FrameDecoder decoder;
    std::vector<std::string> all;
    while (!bytes.empty()) {
        decoder.push(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        while (auto payload = decoder.next())
            all.push_back(std::move(*payload));
    }
    if (decoder.last_rejected().size() > probe::max_line_bytes)
        std::abort();
    return all;
}

void read_report(std::string_view payload) {
    // As the channel does: a depth that cannot overflow the stack.
    const auto limit_depth = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
        return depth < 32;
    };
    const auto json = nlohmann::json::parse(payload, limit_depth, false);
    if (json.is_discarded())
        return;
    const auto report = parse_report(json);
    if (report)
        (void)to_json(*report).dump();
    else if (report.error().message.empty())
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = frames(bytes, bytes.size() + 1);
    if (whole != frames(bytes, 1) || whole != frames(bytes, 7))
        std::abort();
    for (const auto& payload : whole)
        read_report(payload);
    // Framed rightly, the same bytes reach the reader of reports. A terminal's carriage return at
    // the end is not part of a frame; JSON as the probe writes it has none there.
    if (const auto line = probe::frame(bytes); line && !bytes.ends_with('\r')) {
        const auto once = frames(*line, line->size());
        if (once.size() != 1 || once[0] != bytes)
            std::abort();
    }
    read_report(bytes);
    return 0;
}
