#pragma once
// The firmware's event log: what it measured into which PCR, in both forms there are (TCG PC Client
// specifications for TPM 1.2, and "crypto agile" for 2.0). The bytes come from a guest: nothing in
// them is believed before it is checked against what is left, and an error names the place.

#include <vtpmlab/evidence.h>
#include <vtpmlab/result.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vtpmlab {

struct LogEvent {
    std::size_t index = 0;  // from 0, as `tpm2_eventlog` counts
    std::size_t offset = 0; // in the log
    unsigned pcr = 0;
    std::uint32_t type = 0;
    std::map<std::string, Bytes> digests; // by algorithm
    Bytes data;

    // EV_NO_ACTION informs; it is not measured.
    [[nodiscard]] bool is_measured() const;
    // "event 5 (EV_SEPARATOR, PCR 4, offset 0x1a0)"
    [[nodiscard]] std::string text() const;
};

enum class LogFormat { sha1, crypto_agile };

struct EventLog {
    LogFormat format = LogFormat::sha1;
    std::vector<std::string> algorithms; // of the digests every event has
    std::vector<LogEvent> events;
    unsigned startup_locality = 0; // the value PCR 0 began with, in its last byte
};

// "EV_SEPARATOR", or the number of a type without a name.
[[nodiscard]] std::string event_type_name(std::uint32_t type);

[[nodiscard]] Result<EventLog> parse_event_log(std::span<const unsigned char> bytes);

} // namespace vtpmlab
