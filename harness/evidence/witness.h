#pragma once
// Setting a witness in a guest, and looking for it. What a guest says is hostile: every key, type
// and length is checked, as in a report.

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>
#include <vtpmlab/witness.h>

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace vtpmlab {

// Asks a probe: op and parameters to the answer's result. A guest's, through GuestChannel, or the
// model's.
using AskProbe =
    std::function<Result<nlohmann::json>(std::string_view op, const nlohmann::json& params)>;

// Plants it in a TPM of that version and looks at once: a thing this version has and that cannot be
// read back is an error, for nothing could be said of it later.
[[nodiscard]] Result<WitnessSet> set_witness(const AskProbe& ask, TpmVersion version);
// The same in the disk, beside what `set` has of a TPM. A second one takes the place of the first,
// which what goes back must bring back.
[[nodiscard]] Status mark_disk(const AskProbe& ask, WitnessSet& set);
// Where it was set.
[[nodiscard]] Result<WitnessLook> look_for_witness(const AskProbe& ask, const WitnessSet& set);

// For artefacts.
[[nodiscard]] nlohmann::json to_json(const WitnessLook& look);

} // namespace vtpmlab
