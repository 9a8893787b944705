#include "barbican/policy_file.h"

#include "barbican/policy.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::size_t longest_file = 1 << 20;
constexpr std::size_t most_rules = 1000; // rules lead to rules: this bounds how deep

class Reader {
public:
    Reader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

    Result<std::map<std::string, std::string>> read() const {
        if (text_.size() > longest_file)
            return wrong(YAML::Mark::null_mark(),
                         fmt::format("the policy file is longer than {} bytes", longest_file),
                         "keep only the rules that differ from Barbican's own");
        try {
            return rules_of(YAML::Load(std::string(text_)));
        } catch (const YAML::Exception& error) {
            return wrong(error.mark, fmt::format("this is no YAML: {}", error.msg),
                         "write one rule a line: \"secret:get\": \"rule:all_but_audit\"");
        }
    }

private:
    tl::unexpected<Error> wrong(const YAML::Mark& mark, const std::string& what,
                                const std::string& hint) const {
        const auto place = mark.is_null()
                               ? std::string(file_)
                               : fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
        return fail(ErrorKind::usage, fmt::format("{}: {}", place, what), {}, hint);
    }

    Result<std::map<std::string, std::string>> rules_of(const YAML::Node& root) const {
        std::map<std::string, std::string> rules;
        if (root.IsNull()) // only comments
            return rules;
        if (!root.IsMap())
            return wrong(root.Mark(), "a policy file is a map of rules",
                         "write one rule a line: \"secret:get\": \"rule:all_but_audit\"");
        if (root.size() > most_rules)
            return wrong(YAML::Mark::null_mark(),
                         fmt::format("the policy file has more than {} rules", most_rules),
                         "keep only the rules that differ from Barbican's own");
        for (const auto& entry : root) {
            VTPMLAB_TRY(const std::string name, name_of(entry.first));
            VTPMLAB_TRY(const std::string rule, rule_of(name, entry.second));
            if (!rules.emplace(name, rule).second)
                return wrong(entry.first.Mark(),
                             fmt::format("the rule '{}' stands here twice", name),
                             "keep one of the two; YAML readers silently take the last");
        }
        return rules;
    }

    Result<std::string> name_of(const YAML::Node& node) const {
        if (!node.IsScalar() || node.Scalar().empty())
            return wrong(node.Mark(), "the name of a rule is a text", "quote it: \"secret:get\"");
        const auto& name = node.Scalar();
        const auto actions = action_rules(PolicyDefaults::legacy);
        const bool known = std::any_of(actions.begin(), actions.end(),
                                       [&](const PolicyRule& rule) { return rule.name == name; });
        // A name without a colon is a rule for other rules to use: anybody may make one.
        if (known || name.find(':') == std::string::npos)
            return name;
        return wrong(node.Mark(), fmt::format("Barbican has no action '{}'", name),
                     fmt::format("did you mean '{}'?", nearest(name)));
    }

    Result<std::string> rule_of(const std::string& name, const YAML::Node& node) const {
        if (node.IsNull()) // which stands where the next thing begins
            return wrong(YAML::Mark::null_mark(), fmt::format("the rule '{}' is empty", name),
                         "write \"\" or \"@\" to allow everybody, \"!\" to allow nobody");
        if (!node.IsScalar())
            return wrong(node.Mark(), fmt::format("the rule '{}' is not one text", name),
                         "write lists of checks as text, joined by and, or, not");
        if (const auto problem = Policy::syntax_error(node.Scalar()); !problem.empty())
            return wrong(node.Mark(), fmt::format("the rule '{}' is no rule: {}", name, problem),
                         "write checks like role:creator or rule:NAME, joined by and, or, not");
        return node.Scalar();
    }

    static std::string nearest(std::string_view name) {
        const auto actions = action_rules(PolicyDefaults::legacy);
        return std::string(std::min_element(actions.begin(), actions.end(),
                                            [&](const PolicyRule& a, const PolicyRule& b) {
                                                return distance(a.name, name) <
                                                       distance(b.name, name);
                                            })
                               ->name);
    }

    // Levenshtein's: how many letters have to change.
    static std::size_t distance(std::string_view a, std::string_view b) {
        std::vector<std::size_t> row(b.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < a.size(); ++i) {
            std::size_t diagonal = row[0]++;
            for (std::size_t j = 0; j < b.size(); ++j) {
                const std::size_t changed = diagonal + (a[i] != b[j]);
                diagonal = row[j + 1];
                row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
            }
        }
        return row.back();
    }

    std::string_view text_, file_;
};

} // namespace

Result<std::map<std::string, std::string>> parse_policy_file(std::string_view text,
                                                             std::string_view file) {
    return Reader(text, file).read();
}

} // namespace vtpmlab::fakes::barbican
