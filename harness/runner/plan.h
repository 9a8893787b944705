#pragma once
// Which cases a run will do: scenario files in, chosen by label and name, each at one depth. A case
// that cannot be done at that depth stays in the plan with its reason, so that it is counted.

#include "report/result.h"
#include "scenario/labels.h"
#include "scenario/scenario.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::runner {

struct PlannedCase {
    std::shared_ptr<const scenario::ScenarioFile> file;
    const scenario::Case* scenario = nullptr; // in `file`
    Depth depth = Depth::guest;
    std::string name;        // its own; with the file's folder in front where two would be the same
    std::string skip_reason; // empty = to be done
};

struct Plan {
    std::vector<PlannedCase> cases;
    std::size_t files = 0; // that gave at least one case
};

struct Selection {
    Depth depth = Depth::guest;
    std::optional<scenario::LabelExpression> labels;
    std::vector<std::string> cases; // names; empty = all
};

// An error of kind usage when nothing is left to do, or a case of that name is not there.
[[nodiscard]] Result<Plan>
make_plan(std::vector<std::shared_ptr<const scenario::ScenarioFile>> files,
          const Selection& selection);

// "vtpmlab run scenarios/smoke/x.yaml --case 'x[tpm=2.0-crb]' --depth model": as a shell reads it.
[[nodiscard]] std::string reproduce_command(const PlannedCase& planned);

// One word for a shell, quoted where it must be.
[[nodiscard]] std::string shell_word(const std::string& text);

} // namespace vtpmlab::runner
