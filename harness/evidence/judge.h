#pragma once
// From what a guest reported to what it proves. Every witness testifies on its own; three
// independent sources (kernel, firmware, bus, the TPM itself) must speak for a TPM's version, two
// for its model, and none against. That there is no TPM must be proven as well: kernel, firmware
// and bus looked, and nobody saw one.
//
// spec: nova-vtpm §4.6

#include <vtpmlab/evidence.h>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace vtpmlab {

[[nodiscard]] Verdict judge(const GuestReport& report);

[[nodiscard]] nlohmann::json to_json(const Verdict& verdict);

// Everything that speaks against the guest, one sentence each; empty exactly for a clean verdict.
[[nodiscard]] std::vector<std::string> objections(const Verdict& verdict);

// One line for a person: "2.0 tpm-crb, 6 witnesses agree", "no TPM, 6 witnesses agree".
[[nodiscard]] std::string summary(const Verdict& verdict);

} // namespace vtpmlab
