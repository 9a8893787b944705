#pragma once
// What one service shall do wrong, and to whom: a value. Written as YAML in a scenario and as JSON
// at a service's /__control/faults, in one shape (fakes/faults/fault_rule_json.h); acted out by the
// HTTP kit (fakes/http/fault_plan.h).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab {

enum class FaultAction {
    none,           // only the delay
    status,         // refuses, in the service's own words and body
    slow_body,      // the answer's body comes at `bytes` a second
    truncated_body, // the connection ends after `bytes` of the body; its announced length is longer
    malformed_json, // half the body, with the length to match
    reset,          // the connection is reset, no answer
    hang,           // no answer until the client goes away or ten minutes are over
};

// Before the service does what it is asked to, or after: what was committed stays committed.
enum class FaultMoment { before, after };

struct FaultRule {
    // Which calls. An empty text is any.
    std::string service;      // "barbican", "compute"
    std::string method;       // "POST"
    std::string route;        // as the service's table has it: "/v1/secrets/{id}"
    std::string user;         // whose token comes with it
    std::string role;         // one of that token's
    std::string project;      // which that token is for
    std::string service_user; // whose X-Service-Token comes with it
    // Which of them: the first `skip` pass, then `times` meet the fault (0: all), then it is over.
    unsigned skip = 0;
    unsigned times = 0;
    // What happens.
    FaultAction action = FaultAction::none;
    FaultMoment moment = FaultMoment::before;
    int status = 0;      // of FaultAction::status
    std::string message; // its words; "" is the service's own for that status
    // Instead of the service's own body, as a proxy before it would answer.
    std::optional<std::string> body = {};
    std::string content_type; // of that body
    std::uint64_t bytes{};    // of slow_body and truncated_body
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds jitter{0}; // up to so much more, the same for the same seed and call
    std::uint32_t seed = 1;

    friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

// A rule that is in force, and what it has met.
struct FaultRecord {
    std::uint64_t id = 0;
    FaultRule rule;
    std::uint64_t calls = 0; // that it fits
    std::uint64_t hits = 0;  // that it acted on
};

} // namespace vtpmlab
