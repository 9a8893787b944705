#pragma once
// The lab scenarios run in: services, compute side and hosts put together, one cloud a case. The
// only place where fakes/ and harness/ meet; between them there is nothing but HTTP.

#include "cli/labs.h"

#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <memory>

namespace vtpmlab::cli {

// Clouds of LabOptions::depth and of no other. Hosts are started when the first case needs them
// and lent from case to case; they are gone when the factory goes.
[[nodiscard]] Result<std::unique_ptr<LabFactory>> make_simulated_clouds(const LabOptions& options);

} // namespace vtpmlab::cli
