#include "cli/list_rows.h"

#include "scenario/rows.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>

namespace vtpmlab::cli {
namespace {

using Json = nlohmann::ordered_json;
using Table = std::map<std::string, RowReport>;

constexpr std::array depths = {Depth::guest, Depth::model};

RowReport& row_of(Table& table, const std::string& id) {
    auto& row = table[id];
    if (row.id.empty()) {
        row.id = id;
        for (const auto depth : depths)
            row.states[depth] = RowState::absent;
    }
    return row;
}

void raise(RowState& state, RowState to) { state = std::max(state, to); }

void add_scenarios(Table& table, const scenario::ScenarioFile& file) {
    std::set<std::string> ids;
    for (const auto& label : file.labels)
        if (scenario::is_row_id(label))
            ids.insert(label);
    for (const auto& id : ids) {
        auto& row = row_of(table, id);
        ++row.scenarios;
        for (const auto depth : file.depths)
            raise(row.states[depth], RowState::exists);
    }
}

RowState state_of(const std::string& outcome) {
    if (outcome == "passed")
        return RowState::passed;
    // An interrupted case says nothing.
    if (outcome == "interrupted")
        return RowState::exists;
    return outcome == "skipped" ? RowState::skipped : RowState::failed;
}

Status add_results(Table& table, const NamedResults& results) {
    const auto wrong = [&](const std::string& why) {
        return fail(ErrorKind::usage, fmt::format("not the results of a run: {}", why),
                    results.file.string(), "name a results.json that vtpmlab run has written");
    };
    const auto json = nlohmann::json::parse(results.text, nullptr, false);
    if (json.is_discarded())
        return wrong("no JSON");
    try {
        for (const auto& one : json.at("cases")) {
            const auto depth = parse_depth(one.at("depth").get<std::string>());
            if (!depth)
                return wrong("a case at an unknown depth");
            const auto state = state_of(one.at("outcome").get<std::string>());
            for (const auto& label : one.at("labels").get<std::vector<std::string>>())
                if (scenario::is_row_id(label))
                    raise(row_of(table, label).states[*depth], state);
        }
    } catch (const nlohmann::json::exception& error) {
        return wrong(error.what());
    }
    return {};
}

std::size_t count(const std::vector<RowReport>& rows, Depth depth, RowState least) {
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const auto& row) { return row.states.at(depth) >= least; }));
}

std::size_t count_exactly(const std::vector<RowReport>& rows, Depth depth, RowState state) {
    return count(rows, depth, state) -
           (state == RowState::failed
                ? 0
                : count(rows, depth, static_cast<RowState>(static_cast<int>(state) + 1)));
}

} // namespace

std::string_view to_string(RowState state) {
    constexpr std::array<std::string_view, 5> words = {"-", "exists", "skipped", "passed",
                                                       "failed"};
    return words.at(static_cast<std::size_t>(state));
}

Result<std::vector<RowReport>>
report_rows(const std::vector<std::shared_ptr<const scenario::ScenarioFile>>& files,
            std::span<const NamedResults> results) {
    Table table;
    for (const auto& file : files)
        add_scenarios(table, *file);
    for (const auto& one : results)
        VTPMLAB_CHECK(add_results(table, one));
    std::vector<RowReport> all;
    for (const auto& known : scenario::rows()) {
        auto row = row_of(table, std::string(known.id));
        row.about = known.about;
        row.cannot = known.cannot;
        table.erase(row.id);
        all.push_back(std::move(row));
    }
    // Labels that look like a row and are none.
    for (auto& [id, row] : table)
        all.push_back(std::move(row));
    return all;
}

std::string rows_text(const std::vector<RowReport>& rows) {
    std::string text = fmt::format("{:<4} {:<8} {:<8} {}\n", "row", "guest", "model", "about");
    for (const auto& row : rows)
        text +=
            fmt::format("{:<4} {:<8} {:<8} {}{}\n", row.id, to_string(row.states.at(Depth::guest)),
                        to_string(row.states.at(Depth::model)), row.about,
                        row.cannot.empty() ? "" : fmt::format(" (cannot be: {})", row.cannot));
    std::size_t missing = 0, impossible = 0;
    for (const auto& row : rows)
        if (row.scenarios == 0)
            ++(row.cannot.empty() ? missing : impossible);
    text += fmt::format("{} rows: {} without a scenario, {} more that cannot have one\n",
                        rows.size(), missing, impossible);
    for (const auto depth : depths)
        text += fmt::format(
            "{}: {} have a scenario, {} passed, {} failed, {} only skipped\n", to_string(depth),
            count(rows, depth, RowState::exists), count_exactly(rows, depth, RowState::passed),
            count(rows, depth, RowState::failed), count_exactly(rows, depth, RowState::skipped));
    return text;
}

std::string rows_json(const std::vector<RowReport>& rows) {
    Json all = Json::array();
    for (const auto& row : rows) {
        Json one = {{"row", row.id}, {"about", row.about}, {"scenarios", row.scenarios}};
        for (const auto depth : depths)
            one[std::string(to_string(depth))] = row.states.at(depth) == RowState::absent
                                                     ? Json()
                                                     : Json(to_string(row.states.at(depth)));
        if (!row.cannot.empty())
            one["cannot"] = row.cannot;
        all.push_back(std::move(one));
    }
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace vtpmlab::cli
