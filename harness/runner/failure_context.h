#pragma once
// What stands beside a failure in the report, so that its reader need not look for it.

#include "runner/verb.h"

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::runner {

// A product that failed in a lab that broke: nobody knows whose fault it was, so the failure
// becomes the lab's. Without troubles, and for any other kind of failure, it is as it was.
[[nodiscard]] StepFailure blame_the_lab(StepFailure failure, std::vector<Error> troubles);

// The last three warnings and errors of nova-compute's log. The cloud's own words for a failed
// build hide its cause, as Nova's do; its log does not.
[[nodiscard]] std::vector<std::string> last_warnings(const std::filesystem::path& compute_log);

// The last twelve lines on a guest's console that are not empty, printable.
[[nodiscard]] std::vector<std::string> last_console_lines(const std::filesystem::path& console_log);

} // namespace vtpmlab::runner
