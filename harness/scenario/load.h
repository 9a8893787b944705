#pragma once
// From a scenario file to its cases. Nothing of a file is used unless all of it is right: unknown
// keys, wrong types, unknown verbs and their arguments, bindings used before they are made, axes
// that exclude everything … are all found here, each as file:line:col with the line, a caret and a
// hint, and as many at once as can be told apart.
//
// Hostile files are bounded: in size, depth, number of cases; aliases are refused, so that a small
// file cannot grow.

#include "scenario/scenario.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::scenario {

using Errors = std::vector<Error>; // in the order of the file; never empty

// Every error of the file, for `vtpmlab check`.
[[nodiscard]] tl::expected<ScenarioFile, Errors> check(const std::filesystem::path& path);
// The same for a text that is not on disk; `name` stands for the file in places and case names.
[[nodiscard]] tl::expected<ScenarioFile, Errors> check_text(const std::string& name,
                                                            std::string text);
// The first error only, with the number of others among its causes.
[[nodiscard]] Result<ScenarioFile> load(const std::filesystem::path& path);

} // namespace vtpmlab::scenario
