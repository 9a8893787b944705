#include "scenario/matrix.h"

#include "core/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

struct Value {
    std::string name;
    std::string pointer; // into the document
};

struct Axis {
    std::string name;
    std::vector<Value> values;
};

class Matrix {
public:
    using Report = std::function<void(const Place&, std::string, std::string)>;

    Matrix(const Document& document, const Report& report)
        : document_(document), tree_(document.tree), report_(report) {}

    std::vector<Cell> cells() {
        if (!tree_.value.contains("matrix"))
            return {Cell{{}, {json::object(), {}, {}}}};
        for (const auto& name : keys_in_order("/matrix"))
            if (name != "exclude")
                axes_.push_back(read_axis(name));
        if (axes_.empty()) {
            fault(tree_.key_place("/matrix"), "the matrix has no axis", "leave it out");
            return {};
        }
        read_exclusions();
        if (failed_ || !is_small_enough())
            return {};
        return combine();
    }

private:
    void fault(const Place& place, std::string message, std::string hint) {
        failed_ = true;
        report_(place, std::move(message), std::move(hint));
    }

    [[nodiscard]] const json& at(const std::string& pointer) const {
        return tree_.value.at(json::json_pointer(pointer));
    }

    // JSON objects are sorted; people read axes and values in the order they wrote them.
    [[nodiscard]] std::vector<std::string> keys_in_order(const std::string& pointer) const {
        std::vector<std::string> keys;
        for (const auto& [key, ignored] : at(pointer).items())
            keys.push_back(key);
        const auto position = [&](const std::string& key) {
            const Place place = tree_.key_place(child(pointer, key));
            return std::pair(place.line, place.column);
        };
        std::sort(keys.begin(), keys.end(), [&](const std::string& a, const std::string& b) {
            return position(a) < position(b);
        });
        return keys;
    }

    // A scalar as it was written: 2.10 stays 2.10 in a case's name.
    [[nodiscard]] std::string written(const std::string& pointer) const {
        if (const std::string* literal = document_.literal(tree_.place(pointer)))
            return *literal;
        const json& value = at(pointer);
        return value.is_string() ? value.get<std::string>() : brief(value);
    }

    Axis read_axis(const std::string& name) {
        static const std::regex value_name("[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}");
        Axis axis{name, {}};
        const std::string pointer = child("/matrix", name);
        const json& values = at(pointer);
        if (values.is_object()) {
            for (const auto& key : keys_in_order(pointer))
                axis.values.push_back({key, child(pointer, key)});
        } else {
            for (std::size_t i = 0; i < values.size(); ++i)
                axis.values.push_back({written(child(pointer, i)), child(pointer, i)});
        }
        for (auto value = axis.values.begin(); value != axis.values.end(); ++value) {
            if (value->name.size() > 64 || !std::regex_match(value->name, value_name))
                fault(
                    tree_.place(value->pointer),
                    fmt::format("'{}' cannot be part of a case's name", printable(value->name, 60)),
                    "give it a short name of letters and digits: {name: value}");
            if (std::any_of(axis.values.begin(), value,
                            [&](const Value& other) { return other.name == value->name; }))
                fault(tree_.place(value->pointer),
                      fmt::format("axis '{}' has '{}' twice", name, value->name), "take one away");
        }
        return axis;
    }

    void read_exclusions() {
        if (!tree_.value["matrix"].contains("exclude"))
            return;
        const json& list = at("/matrix/exclude");
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string pointer = child("/matrix/exclude", i);
            Exclusion exclusion{{}, tree_.place(pointer), false};
            for (const auto& [axis_name, ignored] : list[i].items()) {
                const std::string below = child(pointer, axis_name);
                const auto axis = find(axes_, axis_name, tree_.key_place(below), "axis");
                if (!axis)
                    continue;
                const std::string wanted = written(below);
                const auto value = find(axes_[*axis].values, wanted, tree_.place(below),
                                        fmt::format("value of axis '{}':", axis_name));
                if (value)
                    exclusion.values.emplace_back(*axis, *value);
            }
            exclusions_.push_back(std::move(exclusion));
        }
    }

    template <typename Named>
    std::optional<std::size_t> find(const std::vector<Named>& all, const std::string& name,
                                    const Place& place, const std::string& what) {
        std::vector<std::string> names;
        for (const auto& one : all)
            names.push_back(one.name);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end())
            return static_cast<std::size_t>(found - names.begin());
        const auto near = did_you_mean(name, names);
        fault(place, fmt::format("unknown {} '{}'", what, printable(name, 60)),
              near ? fmt::format("did you mean '{}'?", *near)
                   : fmt::format("one of: {}", fmt::join(names, ", ")));
        return std::nullopt;
    }

    bool is_small_enough() {
        std::size_t product = 1;
        for (const auto& axis : axes_) {
            product *= axis.values.size();
            if (product > most_combinations) {
                fault(tree_.key_place("/matrix"),
                      fmt::format("the matrix has more than {} combinations", most_combinations),
                      "split the scenario");
                return false;
            }
        }
        return true;
    }

    std::vector<Cell> combine() {
        std::vector<Cell> cells;
        std::vector<std::size_t> chosen(axes_.size(), 0); // one value of each axis
        for (bool more = true; more; more = next(chosen))
            if (!is_excluded(chosen))
                cells.push_back(cell(chosen));
        for (const auto& exclusion : exclusions_)
            if (!exclusion.is_used)
                fault(exclusion.place, "this exclusion excludes nothing",
                      "an earlier one already does; take it away");
        if (cells.empty())
            fault(tree_.key_place("/matrix/exclude"), "every combination is excluded",
                  "leave at least one case");
        if (failed_)
            cells.clear();
        return cells;
    }

    // Counts up like a number whose last digit is the last axis; false after the last combination.
    [[nodiscard]] bool next(std::vector<std::size_t>& chosen) const {
        for (std::size_t i = axes_.size(); i-- > 0;) {
            if (++chosen[i] < axes_[i].values.size())
                return true;
            chosen[i] = 0;
        }
        return false;
    }

    // The first exclusion that fits gets the credit; one that never does is a mistake.
    bool is_excluded(const std::vector<std::size_t>& chosen) {
        for (auto& exclusion : exclusions_) {
            const bool fits = std::all_of(
                exclusion.values.begin(), exclusion.values.end(),
                [&](const auto& wanted) { return chosen[wanted.first] == wanted.second; });
            if (fits) {
                exclusion.is_used = true;
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] Cell cell(const std::vector<std::size_t>& chosen) const {
        Cell cell{{}, {json::object(), {}, {}}};
        for (std::size_t i = 0; i < axes_.size(); ++i) {
            const Value& value = axes_[i].values[chosen[i]];
            cell.name += fmt::format("{}{}={}", i == 0 ? "" : ",", axes_[i].name, value.name);
            Located part = tree_.at(value.pointer);
            const std::string pointer = child("", axes_[i].name);
            cell.values.value[axes_[i].name] = std::move(part.value);
            for (auto& [below, place] : part.places)
                cell.values.places[pointer + below] = place;
            for (auto& [below, place] : part.keys)
                cell.values.keys[pointer + below] = place;
        }
        return cell;
    }

    struct Exclusion {
        std::vector<std::pair<std::size_t, std::size_t>> values; // axis and value, as numbers
        Place place;
        bool is_used = false;
    };

    const Document& document_;
    const Located& tree_;
    const Report& report_;
    std::vector<Axis> axes_;
    std::vector<Exclusion> exclusions_;
    bool failed_ = false;
};

} // namespace

std::vector<Cell>
matrix_cells(const Document& document,
             const std::function<void(const Place&, std::string, std::string)>& report) {
    return Matrix(document, report).cells();
}

} // namespace vtpmlab::scenario
