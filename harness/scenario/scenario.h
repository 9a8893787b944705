#pragma once
// A loaded scenario file: what is proved, on which cloud, by which steps, once for each case its
// matrix gives. Everything of the matrix is already put in; bindings made by steps are still open
// (bindings.h). Values only; made by load.h.

#include "scenario/located.h"
#include "scenario/source_text.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/depth.h>
#include <vtpmlab/fault_rule.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::scenario {

struct Step {
    std::string verb;              // a name of verbs.h
    std::string name;              // `name:`, or the verb
    std::string by = "owner";      // the persona that does it
    std::string bind_as;           // `as:`; empty when the result is not kept
    Located args;                  // a map, checked against the verb's arguments
    std::optional<Located> expect; // matched against the result (match.h)
    Place place;                   // of the verb
};

// A fault that is in force before the first step.
struct PlacedFault {
    FaultRule rule;
    Place place;
};

struct Case {
    std::string name; // "file_stem", or "file_stem[axis=value,other=value]"
    std::vector<std::string> labels;
    CloudSpec cloud;
    std::vector<PlacedFault> faults;
    std::vector<Step> steps;
    std::chrono::seconds timeout{0};
    nlohmann::json matrix = nlohmann::json::object(); // axis → the value this case has
};

struct ScenarioFile {
    std::filesystem::path path;
    std::string title;
    std::string why;
    std::vector<std::string> labels; // of all its cases together
    std::vector<Depth> depths;
    std::chrono::seconds timeout{0};
    std::vector<Case> cases;           // at least one
    std::vector<std::string> warnings; // "file:line:col: …", worth saying, no reason to refuse
    // The text itself, to show a line and a caret for an error found while a step runs.
    std::shared_ptr<const SourceText> source;
};

} // namespace vtpmlab::scenario
