#include "scenario/load.h"

#include "core/files.h"
#include "core/text.h"
#include "scenario/duration.h"
#include "scenario/expression.h"
#include "scenario/format.h"
#include "scenario/labels.h"
#include "scenario/load_cloud.h"
#include "scenario/load_errors.h"
#include "scenario/load_faults.h"
#include "scenario/load_steps.h"
#include "scenario/matrix.h"
#include "scenario/readable.h"
#include "scenario/shape_check.h"
#include "scenario/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds default_timeout{120};
// Values of all cases together; each carries its place, so this bounds the memory.
constexpr std::size_t most_values = 300'000;

std::vector<std::string> texts(const json& list) {
    std::vector<std::string> all;
    for (const auto& text : list)
        all.push_back(text.get<std::string>());
    return all;
}

class Loader {
public:
    Loader(const std::filesystem::path& path, std::string text)
        : file_(file_of(path, std::move(text))), errors_(*file_.source) {}

    tl::expected<ScenarioFile, Errors> run() {
        read();
        if (errors_.is_empty())
            return std::move(file_);
        return tl::unexpected(errors_.take());
    }

private:
    static ScenarioFile file_of(const std::filesystem::path& path, std::string text) {
        ScenarioFile file;
        file.path = path;
        file.source = std::make_shared<const SourceText>(path.string(), std::move(text));
        return file;
    }
    [[nodiscard]] const SourceText& source() const { return *file_.source; }

    void read() {
        if (auto readable = check_readable(source()); !readable)
            return errors_.add(std::move(readable).error());
        auto document = read_yaml(source());
        if (!document)
            return errors_.add(std::move(document).error());
        document_ = *std::move(document);
        check_shape(file_shape(), document_.tree, shape_sink());
        if (!errors_.is_empty())
            return;

        check_matrix_texts();
        if (!errors_.is_empty())
            return;

        read_heading();
        const auto cells = matrix_cells(
            document_, [this](const Place& place, std::string message, std::string hint) {
                errors_.add(place, std::move(message), std::move(hint));
            });
        if (cells.size() > 1 && document_.tree.places.size() * cells.size() > most_values)
            return errors_.add(document_.tree.key_place("/matrix"),
                               fmt::format("{} cases of {} values each are too many", cells.size(),
                                           document_.tree.places.size()),
                               "split the scenario");
        Located steps = document_.tree; // the matrix itself is not repeated in each case
        steps.value.erase("matrix");
        for (const auto& cell : cells)
            read_case(cell, steps);
        if (errors_.is_empty())
            finish();
    }

    FaultSink shape_sink() {
        return {[this](const Place& place, std::string message, std::string hint) {
                    errors_.add(place, std::move(message), std::move(hint));
                },
                [this](const Place& place) { return document_.literal(place); }};
    }

    void read_heading() {
        const json& file = document_.tree.value;
        file_.title = file["scenario"].get<std::string>();
        file_.why = file.value("why", "");
        file_.timeout = file.contains("timeout")
                            ? parse_duration(file["timeout"].get<std::string>()).value()
                            : default_timeout;
        if (!file.contains("depths")) {
            file_.depths = {Depth::guest, Depth::model};
            return;
        }
        for (const auto& text : texts(file["depths"])) {
            const Depth depth = parse_depth(text).value();
            if (std::find(file_.depths.begin(), file_.depths.end(), depth) == file_.depths.end())
                file_.depths.push_back(depth);
        }
    }

    void read_case(const Cell& cell, const Located& file) {
        const std::size_t before = errors_.added();
        Case result;
        result.name = file_.path.stem().string();
        if (!cell.name.empty())
            result.name += "[" + cell.name + "]";
        result.matrix = cell.values.value;
        result.timeout = file_.timeout;

        errors_.name_case(cell.name.empty() ? "" : result.name);
        const Located tree = fill_in(cell, file);
        if (!cell.name.empty() && errors_.added() == before)
            check_shape(file_shape(), tree, shape_sink()); // the values are known only now
        errors_.name_case("");
        if (errors_.added() == before)
            check_fixed_texts(tree);
        if (errors_.added() == before) {
            result.cloud = cloud_spec(tree.value);
            result.labels = texts(tree.value.value("labels", json::array()));
            check_heading(tree, result.cloud);
            result.faults = load_faults(tree, errors_);
            result.steps = load_steps(tree, result.cloud, errors_, file_.warnings);
            file_.cases.push_back(std::move(result));
        }
    }

    // A value is put in once and not read again, so one that names another would stay as it is.
    void check_matrix_texts() {
        if (!document_.tree.value.contains("matrix"))
            return;
        for_each_text(
            document_.tree.at("/matrix"), [&](const std::string& text, const Place& place) {
                const auto expressions = parse_expressions(text);
                if (!expressions)
                    return errors_.add(place, expressions.error());
                for (const auto& expression : *expressions)
                    if (expression.name == "matrix")
                        errors_.add(place, {"a value of the matrix cannot name another one",
                                            "write the value out", expression.text()});
            });
    }

    // Every ${{ matrix.… }} replaced; the others are left for the run.
    Located fill_in(const Cell& cell, const Located& file) {
        const Lookup lookup = [&](const Expression& expression)
            -> tl::expected<std::optional<Located>, ExpressionFault> {
            if (expression.name != "matrix")
                return std::nullopt;
            if (cell.name.empty())
                return tl::unexpected(ExpressionFault{
                    "the scenario has no matrix", "add 'matrix:' with an axis", expression.text()});
            auto value = follow(cell.values, expression);
            if (!value)
                return tl::unexpected(std::move(value).error());
            return *std::move(value);
        };
        const AsText as_written =
            [&](const Located& value,
                const Expression& expression) -> tl::expected<std::string, ExpressionFault> {
            if (!value.value.is_string() && value.value.is_primitive())
                if (const std::string* literal = document_.literal(value.place()))
                    return *literal;
            return value_text(value, expression);
        };
        return substitute(file, lookup, as_written,
                          [this](const Place& place, const ExpressionFault& fault) {
                              errors_.add(place, fault);
                          });
    }

    // Everything a case needs before its first step must be known by now.
    void check_fixed_texts(const Located& tree) {
        std::vector<std::string> parts = {"/labels", "/cloud", "/release", "/faults"};
        for (std::size_t i = 0; i < tree.value["steps"].size(); ++i)
            for (const char* key : {"by", "name"})
                parts.push_back(child(child("/steps", i), key));
        for (const auto& part : parts)
            if (tree.value.contains(json::json_pointer(part)))
                for_each_text(tree.at(part), [&](const std::string& text, const Place& place) {
                    if (has_expression(text))
                        errors_.add(source().find_from(place, "${{"),
                                    "only ${{ matrix.… }} can stand here",
                                    "results of steps are not known when the case begins");
                });
    }

    // What is neither a step nor judged by its shape alone.
    void check_heading(const Located& tree, const CloudSpec& cloud) {
        if (tree.value.contains("labels"))
            for (std::size_t i = 0; i < tree.value["labels"].size(); ++i)
                if (const std::string label = tree.value["labels"][i]; !is_label(label))
                    errors_.add(tree.place(child("/labels", i)),
                                fmt::format("'{}' cannot be a label", printable(label, 60)),
                                "it is a word of label expressions");
        std::set<std::string> names;
        for (std::size_t i = 0; i < cloud.hosts.size(); ++i)
            if (!names.insert(cloud.hosts[i].name).second)
                errors_.add(tree.place(child(child("/cloud/hosts", i), "name")),
                            fmt::format("a second host '{}'", cloud.hosts[i].name),
                            "host names are unique");
    }

    void finish() {
        std::set<std::string> labels;
        for (const auto& one : file_.cases)
            labels.insert(one.labels.begin(), one.labels.end());
        file_.labels.assign(labels.begin(), labels.end());
    }

    ScenarioFile file_;
    LoadErrors errors_;
    Document document_;
};

} // namespace

tl::expected<ScenarioFile, Errors> check_text(const std::string& name, std::string text) {
    return Loader(name, std::move(text)).run();
}

tl::expected<ScenarioFile, Errors> check(const std::filesystem::path& path) {
    const auto refuse = [&](std::string message, std::string hint) {
        return tl::unexpected(Errors{
            fail(ErrorKind::scenario, std::move(message), path.string(), std::move(hint)).value()});
    };
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status))
        return refuse("no such file", "is the path right?");
    if (!std::filesystem::is_regular_file(status)) // a pipe would never end
        return refuse("not a file", "name a .yaml file");
    auto text = read_file(path, longest_file + 1);
    if (!text) {
        if (std::filesystem::file_size(path, code) > longest_file)
            return refuse(fmt::format("the file is larger than {} KiB", longest_file >> 10),
                          "split it into several scenarios");
        return tl::unexpected(Errors{std::move(text).error()});
    }
    return Loader(path, *std::move(text)).run();
}

Result<ScenarioFile> load(const std::filesystem::path& path) {
    auto checked = check(path);
    if (checked)
        return *std::move(checked);
    Error first = std::move(checked.error().front());
    if (const std::size_t others = checked.error().size() - 1; others > 0)
        first.causes.push_back(
            fmt::format("{} more in this file; 'vtpmlab check' shows them all", others));
    return fail(std::move(first));
}

} // namespace vtpmlab::scenario
