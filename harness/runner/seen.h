#pragma once
// What a step has seen of the cloud, without what differs from run to run (ids, times, keys), so
// that two runs of a scenario can be laid side by side.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::runner {

// Compact JSON. UUIDs become <uuid>, longer hexadecimal numbers <hex>, times <time>, ports
// <port>; what a guest or the journal told at length, and what only one depth has, is left out.
[[nodiscard]] std::string seen_text(const nlohmann::json& result);

} // namespace vtpmlab::runner
