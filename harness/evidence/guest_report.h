#pragma once
// From the probe's JSON to a GuestReport and back. The JSON comes from a guest: every key, type,
// length and range is checked, and an error names the key and what was found there.

#include "evidence/guest_channel.h"
#include "evidence/hostile_json.h"

#include <vtpmlab/evidence.h>
#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab {

// Asks the probe for everything.
[[nodiscard]] Result<GuestReport> take_report(GuestChannel& channel,
                                              GuestChannel::Deadline deadline);

[[nodiscard]] Result<GuestReport> parse_report(const nlohmann::json& json);

[[nodiscard]] Result<EndorsementKey> parse_endorsement_key(const HostileJson& value);

// The form parse_report reads, with the fingerprint added: for probe-*.json and for bindings.
[[nodiscard]] nlohmann::json to_json(const GuestReport& report);

} // namespace vtpmlab
