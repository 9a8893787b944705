#pragma once
// `vtpmlab compare`: the same cases at both depths, and every difference between them. Where they
// differ the model is wrong until shown otherwise (DESIGN §3); what it says is never shown as what
// a guest said.

#include <vtpmlab/result.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::cli {

struct DepthDifference {
    std::string name;  // of the case
    std::string step;  // "7 expect-witness s1"; empty: the case as a whole
    std::string what;  // "result", or a JSON pointer into what the step has seen
    std::string model; // "passed", "\"reset\""
    std::string guest;
};

struct DepthComparison {
    std::vector<DepthDifference> differences;
    std::vector<std::string> not_compared; // "NAME: reason"
    std::vector<std::string> not_passed; // "NAME: failed at model depth"; skipped is not among them
    std::size_t compared = 0;            // cases
};

// Of two results.json, of a run at each depth. Kind usage for a text that is none of that depth;
// `model_file` and `guest_file` are for messages.
[[nodiscard]] Result<DepthComparison> compare_results(const std::string& model,
                                                      const std::filesystem::path& model_file,
                                                      const std::string& guest,
                                                      const std::filesystem::path& guest_file);

[[nodiscard]] std::string comparison_text(const DepthComparison& comparison);

// What the shell gets. 1: the depths differ, as diff(1) says it; 4: they agree, but something did
// not pass; 77: nothing was compared, so nothing was shown.
[[nodiscard]] int comparison_code(const DepthComparison& comparison);

} // namespace vtpmlab::cli
