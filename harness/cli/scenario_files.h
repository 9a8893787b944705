#pragma once
// From the paths a person names to loaded scenarios.

#include "scenario/scenario.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cli {

// A file is taken as it is; of a folder every *.yaml and *.yml below it, sorted; nothing twice.
// Errors of kind usage for what is not there and for a folder without scenarios.
[[nodiscard]] Result<std::vector<std::filesystem::path>>
find_scenarios(const std::vector<std::string>& paths);

struct LoadedScenarios {
    std::vector<std::shared_ptr<const scenario::ScenarioFile>> files;
    std::vector<Error> errors; // of all files that could not be used
    std::size_t wrong_files = 0;
};
[[nodiscard]] LoadedScenarios load_scenarios(const std::vector<std::filesystem::path>& paths);

} // namespace vtpmlab::cli
