#include "scenario/load.h"

#include "core/files.h"
#include "core/text.h"
#include "faults/fault_rule_json.h"
#include "scenario/duration.h"
#include "scenario/expression.h"
#include "scenario/format.h"
#include "scenario/labels.h"
#include "scenario/matchers.h"
#include "scenario/matrix.h"
#include "scenario/readable.h"
#include "scenario/shape_check.h"
#include "scenario/verbs.h"
#include "scenario/yaml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
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

HostSpec host_spec(const json& host) {
    HostSpec spec;
    spec.name = host.value("name", spec.name);
    spec.swtpm_enabled = host.value("swtpm_enabled", spec.swtpm_enabled);
    spec.swtpm_user = host.value("swtpm_user", spec.swtpm_user);
    spec.swtpm_group = host.value("swtpm_group", spec.swtpm_group);
    spec.vcpus = host.value("vcpus", spec.vcpus);
    spec.memory_mib = host.value("memory_mib", spec.memory_mib);
    spec.disk_gib = host.value("disk_gib", spec.disk_gib);
    if (const auto modes = host.find("supported_tpm_secret_security"); modes != host.end()) {
        spec.supported_tpm_secret_security.clear();
        for (const auto& mode : *modes)
            spec.supported_tpm_secret_security.insert(
                parse_secret_security(mode.get<std::string>()).value());
    }
    return spec;
}

CloudSpec cloud_spec(const json& file) {
    CloudSpec spec;
    spec.release = file.value("release", spec.release);
    const json cloud = file.value("cloud", json::object());
    spec.quota_driver = cloud.value("quota_driver", spec.quota_driver);
    spec.key_manager_in_catalog =
        cloud.value("key_manager_in_catalog", spec.key_manager_in_catalog);
    if (const auto hosts = cloud.find("hosts"); hosts != cloud.end()) {
        spec.hosts.clear();
        for (const auto& host : *hosts)
            spec.hosts.push_back(host_spec(host));
    }
    return spec;
}

class Loader {
public:
    Loader(std::filesystem::path path, std::string text) {
        file_.path = std::move(path);
        file_.source = std::make_shared<const SourceText>(file_.path.string(), std::move(text));
    }

    tl::expected<ScenarioFile, Errors> run() {
        read();
        if (faults_.empty())
            return std::move(file_);
        Errors errors;
        for (auto& [key, error] : faults_)
            errors.push_back(std::move(error));
        return tl::unexpected(std::move(errors));
    }

private:
    [[nodiscard]] const SourceText& source() const { return *file_.source; }

    void report(Error error) { faults_.try_emplace(FaultKey{{}, error.message}, std::move(error)); }

    // The same fault in many cases is one fault; the first case it was met in is named.
    void report(const Place& place, std::string message, std::string hint) {
        Error error = source().error(place, std::move(message), std::move(hint));
        if (!case_name_.empty())
            error.causes.push_back("in the case " + case_name_);
        const FaultKey key{{place.line, place.column}, error.message};
        ++reported_;
        faults_.try_emplace(key, std::move(error));
    }
    void report_expression(const Place& place, const ExpressionFault& fault) {
        report(source().find_from(place, fault.at), fault.message, fault.hint);
    }

    void read() {
        if (auto readable = check_readable(source()); !readable)
            return report(std::move(readable).error());
        auto document = read_yaml(source());
        if (!document)
            return report(std::move(document).error());
        document_ = *std::move(document);
        check_shape(file_shape(), document_.tree, shape_sink());
        if (!faults_.empty())
            return;

        check_matrix_texts();
        if (!faults_.empty())
            return;

        read_heading();
        const auto cells = matrix_cells(
            document_, [this](const Place& place, std::string message, std::string hint) {
                report(place, std::move(message), std::move(hint));
            });
        if (cells.size() > 1 && document_.tree.places.size() * cells.size() > most_values)
            return report(document_.tree.key_place("/matrix"),
                          fmt::format("{} cases of {} values each are too many", cells.size(),
                                      document_.tree.places.size()),
                          "split the scenario");
        Located steps = document_.tree; // the matrix itself is not repeated in each case
        steps.value.erase("matrix");
        for (const auto& cell : cells)
            read_case(cell, steps);
        if (faults_.empty())
            finish();
    }

    FaultSink shape_sink() {
        return {[this](const Place& place, std::string message, std::string hint) {
                    report(place, std::move(message), std::move(hint));
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
        const std::size_t before = reported_;
        Case result;
        result.name = file_.path.stem().string();
        if (!cell.name.empty())
            result.name += "[" + cell.name + "]";
        result.matrix = cell.values.value;
        result.timeout = file_.timeout;

        case_name_ = cell.name.empty() ? "" : result.name;
        const Located tree = fill_in(cell, file);
        if (!cell.name.empty() && reported_ == before)
            check_shape(file_shape(), tree, shape_sink()); // the values are known only now
        case_name_.clear();
        if (reported_ == before)
            check_fixed_texts(tree);
        if (reported_ == before) {
            result.cloud = cloud_spec(tree.value);
            result.labels = texts(tree.value.value("labels", json::array()));
            check_heading(tree, result.cloud);
            result.faults = read_faults(tree);
            result.steps = read_steps(tree, result.cloud);
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
                    return report_expression(place, expressions.error());
                for (const auto& expression : *expressions)
                    if (expression.name == "matrix")
                        report_expression(place, {"a value of the matrix cannot name another one",
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
                              report_expression(place, fault);
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
                        report(source().find_from(place, "${{"),
                               "only ${{ matrix.… }} can stand here",
                               "results of steps are not known when the case begins");
                });
    }

    // What is neither a step nor judged by its shape alone.
    void check_heading(const Located& tree, const CloudSpec& cloud) {
        if (tree.value.contains("labels"))
            for (std::size_t i = 0; i < tree.value["labels"].size(); ++i)
                if (const std::string label = tree.value["labels"][i]; !is_label(label))
                    report(tree.place(child("/labels", i)),
                           fmt::format("'{}' cannot be a label", printable(label, 60)),
                           "it is a word of label expressions");
        std::set<std::string> names;
        for (std::size_t i = 0; i < cloud.hosts.size(); ++i)
            if (!names.insert(cloud.hosts[i].name).second)
                report(tree.place(child(child("/cloud/hosts", i), "name")),
                       fmt::format("a second host '{}'", cloud.hosts[i].name),
                       "host names are unique");
    }

    std::vector<PlacedFault> read_faults(const Located& tree) {
        std::vector<PlacedFault> faults;
        const std::size_t count =
            tree.value.contains("faults") ? tree.value["faults"].size() : std::size_t{0};
        for (std::size_t i = 0; i < count; ++i) {
            const Located fault = tree.at(child("/faults", i));
            if (auto rule = read_fault(fault))
                faults.push_back({*std::move(rule), fault.place()});
        }
        return faults;
    }

    // What its shape cannot say: which keys go together.
    std::optional<FaultRule> read_fault(const Located& fault) {
        auto rule = parse_fault_rule(fault.value);
        if (rule)
            return *std::move(rule);
        auto& error = rule.error();
        report(error.pointer.empty() ? fault.place() : fault.key_place(error.pointer),
               std::move(error.message), std::move(error.hint));
        return std::nullopt;
    }

    std::vector<Step> read_steps(const Located& tree, const CloudSpec& cloud) {
        std::vector<Step> steps;
        const json& list = tree.value["steps"];
        Known known;
        for (std::size_t i = 0; i < list.size(); ++i)
            if (const auto name = list[i].find("as"); name != list[i].end())
                known.later.try_emplace(name->get<std::string>(),
                                        tree.place(child(child("/steps", i), "as")));
        for (std::size_t i = 0; i < list.size(); ++i)
            steps.push_back(read_step(tree.at(child("/steps", i)), cloud, known));
        for (const auto& [name, bound] : known.bound)
            if (!bound.is_used)
                warn(bound.place, fmt::format("binding '{}' is never used", name));
        return steps;
    }

    struct Bound {
        Place place;
        const Verb* verb;
        bool is_used = false;
    };
    struct Known { // bindings, seen from one step
        std::map<std::string, Bound> bound;
        std::map<std::string, Place> later; // of the whole file
    };

    Step read_step(const Located& tree, const CloudSpec& cloud, Known& known) {
        Step step;
        const Verb* verb = nullptr;
        for (const auto& [key, ignored] : tree.value.items())
            if (const Verb* found = find_verb(key))
                verb = found;
        const std::string verb_pointer = child("", verb->name);
        step.verb = verb->name;
        step.name = tree.value.value("name", verb->name);
        step.by = tree.value.value("by", step.by);
        step.args = tree.at(verb_pointer);
        step.place = tree.key_place(verb_pointer);
        check_references(tree, known);
        check_tree_arguments(*verb, step.args);
        check_host_argument(step.args, cloud);
        if (step.verb == "fault-inject" && !holds_expression(step.args))
            (void)read_fault(step.args);
        if (tree.value.contains("expect")) {
            step.expect = tree.at("/expect");
            check_expectation(*verb, tree);
        }
        if (tree.value.contains("as")) {
            step.bind_as = tree.value["as"].get<std::string>();
            bind(*verb, step.bind_as, tree, known);
        }
        return step;
    }

    void bind(const Verb& verb, const std::string& name, const Located& tree, Known& known) {
        const Place place = tree.place("/as");
        if (name == "matrix")
            return report(place, "'matrix' cannot be bound", "it stands for the matrix's values");
        if (verb.results.empty())
            return report(place, fmt::format("{} has no result to bind", verb.name),
                          "take 'as' away");
        const auto [at, is_new] = known.bound.try_emplace(name, Bound{place, &verb});
        if (!is_new)
            report(place, fmt::format("'{}' is already bound", name),
                   fmt::format("line {} binds it; take another name", at->second.place.line));
    }

    void check_references(const Located& tree, Known& known) {
        for_each_text(tree, [&](const std::string& text, const Place& place) {
            const auto expressions = parse_expressions(text);
            if (!expressions)
                return report_expression(place, expressions.error());
            for (const auto& expression : *expressions)
                check_reference(expression, place, known);
        });
    }

    void check_reference(const Expression& expression, const Place& place, Known& known) {
        const auto fault = [&](std::string message, std::string hint) {
            report_expression(place, {std::move(message), std::move(hint), expression.text()});
        };
        const auto found = known.bound.find(expression.name);
        if (found == known.bound.end()) {
            if (const auto later = known.later.find(expression.name); later != known.later.end())
                return fault(fmt::format("'{}' is used before it is bound", expression.name),
                             fmt::format("line {} binds it", later->second.line));
            std::vector<std::string> names;
            for (const auto& [name, ignored] : known.bound)
                names.push_back(name);
            names.emplace_back("matrix");
            const auto near = did_you_mean(expression.name, names);
            return fault(fmt::format("unknown binding '{}'", expression.name),
                         near ? fmt::format("did you mean '{}'?", *near)
                              : "bind a result with 'as:' in an earlier step");
        }
        found->second.is_used = true;
        if (!expression.path.empty())
            check_result_field(*found->second.verb, expression.path.front(), fault);
    }

    template <typename Fault>
    static void check_result_field(const Verb& verb, const std::string& field, const Fault& fault) {
        std::vector<std::string> names;
        for (const auto& result : verb.results)
            names.push_back(result.name);
        if (std::find(names.begin(), names.end(), field) != names.end())
            return;
        const auto near = did_you_mean(field, names);
        fault(fmt::format("the result of {} has no '{}'", verb.name, printable(field, 60)),
              near ? fmt::format("did you mean '{}'?", *near)
                   : fmt::format("it has: {}", fmt::join(names, ", ")));
    }

    void check_expectation(const Verb& verb, const Located& tree) {
        if (verb.results.empty())
            return report(tree.key_place("/expect"),
                          fmt::format("{} has no result to compare", verb.name),
                          "take 'expect' away");
        report_matchers(tree.at("/expect"));
        const json& expect = tree.value["expect"];
        if (is_matcher(expect))
            return;
        for (const auto& [key, ignored] : expect.items()) {
            const std::string pointer = child("/expect", key);
            check_result_field(verb, key, [&](std::string message, std::string hint) {
                report(tree.key_place(pointer), std::move(message), std::move(hint));
            });
        }
    }

    void check_tree_arguments(const Verb& verb, const Located& args) {
        for (const auto& field : verb.arguments.fields)
            if (field.shape.kind == Shape::Kind::anything && args.value.contains(field.name))
                report_matchers(args.at(child("", field.name)));
    }

    void report_matchers(const Located& expected) {
        for (auto& fault : check_matchers(expected.value))
            report(expected.place(fault.pointer), std::move(fault.message), std::move(fault.hint));
    }

    static bool holds_expression(const Located& tree) {
        bool found = false;
        for_each_text(tree, [&found](const std::string& text, const Place&) {
            found = found || has_expression(text);
        });
        return found;
    }

    void check_host_argument(const Located& args, const CloudSpec& cloud) {
        const auto host = args.value.find("host");
        if (host == args.value.end() || has_expression(host->get_ref<const std::string&>()))
            return;
        std::vector<std::string> names;
        for (const auto& spec : cloud.hosts)
            names.push_back(spec.name);
        if (std::find(names.begin(), names.end(), *host) != names.end())
            return;
        const auto near = did_you_mean(host->get_ref<const std::string&>(), names);
        report(args.place("/host"),
               fmt::format("the cloud has no host '{}'", printable(host->get<std::string>(), 60)),
               near ? fmt::format("did you mean '{}'?", *near)
                    : fmt::format("its hosts: {}", fmt::join(names, ", ")));
    }

    void warn(const Place& place, const std::string& message) {
        std::string warning = fmt::format("{}: {}", place.text(), message);
        if (std::find(file_.warnings.begin(), file_.warnings.end(), warning) ==
            file_.warnings.end())
            file_.warnings.push_back(std::move(warning));
    }

    void finish() {
        std::set<std::string> labels;
        for (const auto& one : file_.cases)
            labels.insert(one.labels.begin(), one.labels.end());
        file_.labels.assign(labels.begin(), labels.end());
    }

    struct FaultKey { // orders faults as the file does
        std::pair<int, int> position;
        std::string message;
        friend auto operator<=>(const FaultKey&, const FaultKey&) = default;
    };

    ScenarioFile file_;
    Document document_;
    std::map<FaultKey, Error> faults_;
    std::size_t reported_ = 0; // with repetitions: has this case a fault?
    std::string case_name_;    // while a fault may be this case's alone
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
