#pragma once
// Runs a plan: several cases side by side, each in a cloud of its own, told to a sink as it
// happens. Every case of the plan is in the summary, also one that was never started because
// somebody pressed Ctrl-C.

#include "report/sink.h"
#include "runner/case_runner.h"
#include "runner/interruption.h"
#include "runner/out_directory.h"
#include "runner/plan.h"

#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <string>

namespace vtpmlab::runner {

struct RunOptions {
    unsigned jobs = 1;
    std::string run_id;
    std::string started; // UTC, RFC 3339
    std::filesystem::path guest_directory;
    Patience patience;
};

[[nodiscard]] report::RunSummary run(const Plan& plan, LabFactory& labs, const RunOptions& options,
                                     OutDirectory& out, const Interruption& interruption,
                                     report::ReportSink& sink);

} // namespace vtpmlab::runner
