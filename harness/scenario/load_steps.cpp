#include "scenario/load_steps.h"

#include "core/text.h"
#include "scenario/expression.h"
#include "scenario/format.h"
#include "scenario/known_leaks.h"
#include "scenario/load_faults.h"
#include "scenario/matchers.h"
#include "scenario/verbs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

class StepReader {
public:
    StepReader(const CloudSpec& cloud, LoadErrors& errors, std::vector<std::string>& warnings)
        : cloud_(cloud), errors_(errors), warnings_(warnings) {}

    std::vector<Step> read(const Located& tree) {
        std::vector<Step> steps;
        const json& list = tree.value["steps"];
        for (std::size_t i = 0; i < list.size(); ++i)
            if (const auto name = list[i].find("as"); name != list[i].end())
                known_.later.try_emplace(name->get<std::string>(),
                                         tree.place(child(child("/steps", i), "as")));
        for (std::size_t i = 0; i < list.size(); ++i)
            steps.push_back(read_step(tree.at(child("/steps", i))));
        for (const auto& [name, bound] : known_.bound)
            if (!bound.is_used)
                warn(bound.place, fmt::format("binding '{}' is never used", name));
        return steps;
    }

private:
    struct Bound {
        Place place;
        const Verb* verb;
        bool is_used = false;
    };
    struct Known { // bindings, seen from the step that is read
        std::map<std::string, Bound> bound;
        std::map<std::string, Place> later; // of the whole file
    };

    Step read_step(const Located& tree) {
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
        check_references(tree);
        check_tree_arguments(*verb, step.args);
        check_host_argument(step.args);
        if (step.verb == "expect-finding")
            check_known_leak(step.args);
        if (step.verb == "fault-inject" && !holds_expression(step.args))
            (void)load_fault(step.args, errors_);
        if (tree.value.contains("expect")) {
            step.expect = tree.at("/expect");
            check_expectation(*verb, tree);
        }
        if (tree.value.contains("as")) {
            step.bind_as = tree.value["as"].get<std::string>();
            bind(*verb, step.bind_as, tree);
        }
        return step;
    }

    void bind(const Verb& verb, const std::string& name, const Located& tree) {
        const Place place = tree.place("/as");
        if (name == "matrix")
            return errors_.add(place, "'matrix' cannot be bound",
                               "it stands for the matrix's values");
        if (verb.results.empty())
            return errors_.add(place, fmt::format("{} has no result to bind", verb.name),
                               "take 'as' away");
        const auto [at, is_new] = known_.bound.try_emplace(name, Bound{place, &verb});
        if (!is_new)
            errors_.add(place, fmt::format("'{}' is already bound", name),
                        fmt::format("line {} binds it; take another name", at->second.place.line));
    }

    void check_references(const Located& tree) {
        for_each_text(tree, [&](const std::string& text, const Place& place) {
            const auto expressions = parse_expressions(text);
            if (!expressions)
                return errors_.add(place, expressions.error());
            for (const auto& expression : *expressions)
                check_reference(expression, place);
        });
    }

    void check_reference(const Expression& expression, const Place& place) {
        const auto fault = [&](std::string message, std::string hint) {
            errors_.add(place, {std::move(message), std::move(hint), expression.text()});
        };
        const auto found = known_.bound.find(expression.name);
        if (found == known_.bound.end()) {
            if (const auto later = known_.later.find(expression.name); later != known_.later.end())
                return fault(fmt::format("'{}' is used before it is bound", expression.name),
                             fmt::format("line {} binds it", later->second.line));
            std::vector<std::string> names;
            for (const auto& [name, ignored] : known_.bound)
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
            return errors_.add(tree.key_place("/expect"),
                               fmt::format("{} has no result to compare", verb.name),
                               "take 'expect' away");
        report_matchers(tree.at("/expect"));
        const json& expect = tree.value["expect"];
        if (is_matcher(expect))
            return;
        for (const auto& [key, ignored] : expect.items()) {
            const std::string pointer = child("/expect", key);
            check_result_field(verb, key, [&](std::string message, std::string hint) {
                errors_.add(tree.key_place(pointer), std::move(message), std::move(hint));
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
            errors_.add(expected.place(fault.pointer), std::move(fault.message),
                        std::move(fault.hint));
    }

    static bool holds_expression(const Located& tree) {
        bool found = false;
        for_each_text(tree, [&found](const std::string& text, const Place&) {
            found = found || has_expression(text);
        });
        return found;
    }

    // Each leak is known of some stores: anywhere else it is another one.
    void check_known_leak(const Located& args) {
        const KnownLeak* leak = find_known_leak(args.value.at("finding").get<std::string>());
        const auto store = args.value.at("store").get<std::string>();
        if (leak == nullptr || has_expression(store) ||
            std::ranges::find(leak->stores, store) != leak->stores.end())
            return;
        errors_.add(
            args.place("/store"),
            fmt::format("finding {} is not one of the store '{}'", leak->id, store),
            fmt::format("it is known of: {} ({})", fmt::join(leak->stores, ", "), leak->why));
    }

    void check_host_argument(const Located& args) {
        const auto host = args.value.find("host");
        if (host == args.value.end() || has_expression(host->get_ref<const std::string&>()))
            return;
        std::vector<std::string> names;
        for (const auto& spec : cloud_.hosts)
            names.push_back(spec.name);
        if (std::find(names.begin(), names.end(), *host) != names.end())
            return;
        const auto near = did_you_mean(host->get_ref<const std::string&>(), names);
        errors_.add(
            args.place("/host"),
            fmt::format("the cloud has no host '{}'", printable(host->get<std::string>(), 60)),
            near ? fmt::format("did you mean '{}'?", *near)
                 : fmt::format("its hosts: {}", fmt::join(names, ", ")));
    }

    void warn(const Place& place, const std::string& message) {
        std::string warning = fmt::format("{}: {}", place.text(), message);
        if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end())
            warnings_.push_back(std::move(warning));
    }

    const CloudSpec& cloud_;
    LoadErrors& errors_;
    std::vector<std::string>& warnings_;
    Known known_;
};

} // namespace

std::vector<Step> load_steps(const Located& file, const CloudSpec& cloud, LoadErrors& errors,
                             std::vector<std::string>& warnings) {
    return StepReader(cloud, errors, warnings).read(file);
}

} // namespace vtpmlab::scenario
