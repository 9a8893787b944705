// The firmware's event log and the endorsement certificate, both bytes of a guest's. A log that is
// read has its events in order and measures the same twice; one that is not says where it is wrong.
// Seeds: the logs of tests/unit/evidence/data, out of their base64.

#include "evidence/digest.h"
#include "evidence/endorsement.h"
#include "evidence/event_log.h"
#include "evidence/replay.h"

#include <cstdint>
#include <cstdlib>
#include <span>

using namespace vtpmlab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(data, size);
    if (const auto fingerprint = certified_key_fingerprint(bytes);
        fingerprint && fingerprint->size() != 64)
        std::abort();
    const auto log = parse_event_log(bytes);
    if (!log) {
        if (log.error().message.find("is wrong at event ") == std::string::npos)
            std::abort();
        return 0;
    }
    std::size_t end = 0;
    for (const auto& event : log->events) {
        if (event.offset < end || event.offset + event.data.size() > size || event.text().empty())
            std::abort();
        end = event.offset + 1;
    }
    for (const auto& algorithm : log->algorithms) {
        const PcrBank measured{algorithm, replay(*log, algorithm)};
        if (!compare(*log, measured).empty())
            std::abort();
        const Bytes nothing(digest_size(algorithm).value_or(0), 0);
        (void)compare(*log, {algorithm, {{0, nothing}, {4, nothing}}});
    }
    return 0;
}
