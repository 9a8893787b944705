#pragma once
// From what a guest reported to what it proves. Every witness testifies on its own; at least three
// must speak for a TPM's version, one for its model, and none against. That there is no TPM must be
// proven as well: nobody saw one, and nobody was kept from looking.
//
// spec: nova-vtpm §4.6

#include <vtpmlab/evidence.h>

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab {

[[nodiscard]] Verdict judge(const GuestReport& report);

[[nodiscard]] nlohmann::json to_json(const Verdict& verdict);

// One line for a person: "2.0 tpm-crb, 6 witnesses agree", "no TPM, 6 witnesses agree".
[[nodiscard]] std::string summary(const Verdict& verdict);

} // namespace vtpmlab
