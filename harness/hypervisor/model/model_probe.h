#pragma once
// What answers in place of vtpm-probe at model depth: the same operations and the same JSON for the
// witness, out of a simulated TPM and the file that is the disk. It lets the same scenario tell
// same, new and gone; what it says is never evidence from a guest.

#include "hypervisor/model/model_hypervisor.h"

#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::model {

// `plant_witness`, `check_witness` and the marks of the disk, with `params` as JSON. An error of
// kind product when the server does not run, or when the operation is refused as a probe would.
[[nodiscard]] Result<std::string> answer_probe(ModelHypervisor& host, const std::string& uuid,
                                               std::string_view op, std::string_view params);

} // namespace vtpmlab::model
