#pragma once
// What the code of a verb sees and gives back. A verb does one thing to the cloud, or looks at one
// thing; its result is a JSON object that `as:` binds and `expect:` is matched against. Verbs reach
// the cloud only through a persona's session and through Lab.

#include "client/session.h"
#include "report/result.h"
#include "scenario/scenario.h"

#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::runner {

class CaseContext;

// Why a step did not do: the error, what sort of finding it is, and what differed.
struct StepFailure {
    Error error;
    report::Finding finding = report::Finding::none;
    std::vector<report::Difference> differences;

    // On purpose not explicit: any Error of a helper is the failure of the step.
    StepFailure(Error cause) : error(std::move(cause)) {
        if (error.kind == ErrorKind::product)
            finding = report::Finding::unexpected_result;
    }
};

using VerbResult = tl::expected<nlohmann::json, StepFailure>;

struct StepCall {
    const scenario::Step& step;
    const scenario::Located& args; // resolved and checked
    client::Session& caller;       // of the step's persona
    std::chrono::steady_clock::time_point deadline;
    std::vector<std::string>& notes; // what was seen, for the report
};

using VerbFunction = VerbResult (*)(CaseContext&, const StepCall&);

struct VerbEntry {
    std::string_view name;
    VerbFunction run;
};

// The groups, one file each in verbs/; the same ones as in scenario/verbs.
[[nodiscard]] std::span<const VerbEntry> flavor_verbs();
[[nodiscard]] std::span<const VerbEntry> image_verbs();
[[nodiscard]] std::span<const VerbEntry> secret_verbs();
[[nodiscard]] std::span<const VerbEntry> server_verbs();
[[nodiscard]] std::span<const VerbEntry> server_action_verbs();
[[nodiscard]] std::span<const VerbEntry> migration_verbs();
[[nodiscard]] std::span<const VerbEntry> tpm_verbs();
[[nodiscard]] std::span<const VerbEntry> witness_verbs();
[[nodiscard]] std::span<const VerbEntry> guest_verbs();
[[nodiscard]] std::span<const VerbEntry> host_verbs();
[[nodiscard]] std::span<const VerbEntry> machine_verbs();
[[nodiscard]] std::span<const VerbEntry> compute_verbs();
[[nodiscard]] std::span<const VerbEntry> audit_verbs();
[[nodiscard]] std::span<const VerbEntry> journal_verbs();
[[nodiscard]] std::span<const VerbEntry> fault_verbs();

// Null for a name no group has.
[[nodiscard]] VerbFunction find_verb(std::string_view name);
[[nodiscard]] std::vector<std::string_view> verb_names();

// An unmet expectation of kind product.
[[nodiscard]] tl::unexpected<StepFailure> unmet(report::Finding finding, std::string message,
                                                std::string hint = {});

} // namespace vtpmlab::runner
