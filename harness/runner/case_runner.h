#pragma once
// One case from its cloud coming up to the last look for leftovers. Whatever happens in between,
// the result says it, the artefacts are kept, what the steps made is deleted, and the cloud goes.

#include "report/sink.h"
#include "runner/interruption.h"
#include "runner/plan.h"

#include <vtpmlab/lab.h>

#include <chrono>
#include <filesystem>

namespace vtpmlab::runner {

// How long the clean-up after a case may take.
struct Patience {
    std::chrono::milliseconds tidying{60'000};  // for the servers the steps left to be deleted
    std::chrono::milliseconds settling{10'000}; // for the stores to be empty then
};

struct CaseSettings {
    report::CaseIndex index = 0;
    report::CaseInfo info;
    std::filesystem::path directory;
    std::filesystem::path guest_directory;
    Patience patience;
};

[[nodiscard]] report::CaseResult run_case(const PlannedCase& planned, const CaseSettings& settings,
                                          LabFactory& labs, const Interruption& interruption,
                                          report::ReportSink& sink);

} // namespace vtpmlab::runner
