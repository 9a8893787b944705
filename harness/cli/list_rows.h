#pragma once
// `vtpmlab list --rows`: which rows of the reference's tables have a scenario, at which depths, and
// what runs have shown of them.

#include "scenario/scenario.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vtpmlab::cli {

// What is known of one row at one depth, from the least to the most telling.
enum class RowState {
    absent,  // no scenario at this depth
    exists,  // there is one; no given run has it
    skipped, // only skipped
    passed,  // every case that ran passed
    failed,  // some case did not
};
[[nodiscard]] std::string_view to_string(RowState state);

struct RowReport {
    std::string id;
    std::string about;
    std::string cannot; // why it has no scenario
    std::map<Depth, RowState> states;
    std::size_t scenarios = 0; // files
};

// `results` are the texts of results.json of runs, with the names that messages use. A model run
// says nothing about guest depth.
struct NamedResults {
    std::filesystem::path file;
    std::string text;
};
[[nodiscard]] Result<std::vector<RowReport>>
report_rows(const std::vector<std::shared_ptr<const scenario::ScenarioFile>>& files,
            std::span<const NamedResults> results);

[[nodiscard]] std::string rows_text(const std::vector<RowReport>& rows);
[[nodiscard]] std::string rows_json(const std::vector<RowReport>& rows);

} // namespace vtpmlab::cli
