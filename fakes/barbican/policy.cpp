#include "barbican/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace vtpmlab::fakes::barbican {

// A check is `kind:match`, "role:creator"; the others combine their parts.
struct Policy::Expression {
    enum class Kind { check, all, any, negation };
    Kind kind = Kind::check;
    std::string left, right;
    std::vector<Expression> parts;
};

// `or` binds weakest, `not` strongest. Brackets cling to words: "(rule:a", "rule:b)".
class Policy::Parser {
public:
    explicit Parser(std::string_view text) {
        std::size_t at = 0;
        while ((at = text.find_first_not_of(" \t\n", at)) != std::string_view::npos) {
            const auto end = std::min(text.find_first_of(" \t\n", at), text.size());
            split_word(text.substr(at, end - at));
            at = end;
        }
    }

    // Nothing if the text is not a rule.
    std::optional<Expression> parse() {
        auto expression = combined(Expression::Kind::any);
        if (!expression || at_ != words_.size())
            return std::nullopt;
        return expression;
    }

private:
    void split_word(std::string_view word) {
        while (!word.empty() && word.front() == '(') {
            words_.emplace_back("(");
            word.remove_prefix(1);
        }
        std::size_t closing = 0;
        while (!word.empty() && word.back() == ')') {
            ++closing;
            word.remove_suffix(1);
        }
        if (!word.empty())
            words_.emplace_back(word);
        words_.insert(words_.end(), closing, ")");
    }

    bool take(std::string_view word) {
        if (at_ == words_.size() || words_[at_] != word)
            return false;
        ++at_;
        return true;
    }

    std::optional<Expression> combined(Expression::Kind kind) {
        const bool any = kind == Expression::Kind::any;
        Expression whole;
        whole.kind = kind;
        do {
            auto part = any ? combined(Expression::Kind::all) : single();
            if (!part)
                return std::nullopt;
            whole.parts.push_back(std::move(*part));
        } while (take(any ? "or" : "and"));
        return whole;
    }

    std::optional<Expression> single() {
        if (take("not")) {
            auto part = single();
            if (!part)
                return std::nullopt;
            Expression negated;
            negated.kind = Expression::Kind::negation;
            negated.parts.push_back(std::move(*part));
            return negated;
        }
        if (take("(")) {
            auto inner = combined(Expression::Kind::any);
            return inner && take(")") ? inner : std::nullopt;
        }
        if (at_ == words_.size())
            return std::nullopt;
        const std::string& word = words_[at_++];
        const auto colon = word.find(':');
        if (colon == std::string::npos || colon == 0)
            return std::nullopt;
        Expression check;
        check.left = word.substr(0, colon);
        check.right = word.substr(colon + 1);
        return check;
    }

    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

namespace {

const char* python(bool value) { return value ? "True" : "False"; }

// "%(target.secret.project_id)s" becomes its value; nothing if the target does not have it.
std::optional<std::string> filled(const std::string& text, const PolicyTarget* target) {
    if (text.substr(0, 2) != "%(")
        return text;
    if (!target)
        return std::nullopt;
    if (text == "%(target.secret.project_id)s")
        return target->project_id;
    if (text == "%(target.secret.creator_id)s")
        return target->creator_id;
    if (text == "%(target.secret.read_project_access)s")
        return python(target->project_access);
    if (text == "%(target.secret.read)s" && target->listed_reader)
        return "read";
    return std::nullopt;
}

// A literal ('read', True) or what the token says.
std::optional<std::string> said(const std::string& name, const http::Identity& caller) {
    if (name.size() >= 2 && name.front() == '\'' && name.back() == '\'')
        return name.substr(1, name.size() - 2);
    if (name == "True" || name == "False")
        return name;
    if (name == "user_id")
        return caller.user_id;
    if (name == "project_id")
        return caller.project_id;
    if (name == "is_admin_project")
        return python(caller.is_admin_project);
    return std::nullopt;
}

} // namespace

Policy::Policy() = default;
Policy::~Policy() = default;

Result<std::unique_ptr<Policy>> Policy::make(PolicyDefaults defaults,
                                             const std::map<std::string, std::string>& overrides) {
    std::unique_ptr<Policy> policy(new Policy);
    std::map<std::string, std::string> texts;
    for (const auto& rules : {base_rules(), action_rules(defaults)})
        for (const auto& rule : rules)
            texts[std::string(rule.name)] = rule.text;
    for (const auto& [name, text] : overrides)
        texts[name] = text;
    for (const auto& [name, text] : texts) {
        auto expression = Parser(text).parse();
        if (!expression)
            return fail(ErrorKind::usage,
                        fmt::format("the policy rule '{}' is no rule: '{}'", name, text), {},
                        "write checks like role:creator or rule:NAME, joined by and, or, not");
        policy->rules_.emplace(name, std::move(*expression));
    }
    VTPMLAB_CHECK(policy->check_references());
    return policy;
}

Status Policy::check_references() const {
    // Depth first, so that a rule that leads back to itself is found too.
    std::set<std::string> sound, open;
    const auto visit = [&](const auto& self, const std::string& name) -> Status {
        const auto found = rules_.find(name);
        if (found == rules_.end())
            return fail(ErrorKind::usage, fmt::format("there is no policy rule '{}'", name), {},
                        "define it, or correct the rule that names it");
        if (sound.count(name))
            return {};
        if (!open.insert(name).second)
            return fail(ErrorKind::usage, fmt::format("the policy rule '{}' needs itself", name),
                        {}, "take the circle out");
        const auto walk = [&](const auto& again, const Expression& expression) -> Status {
            if (expression.kind == Expression::Kind::check && expression.left == "rule")
                return self(self, expression.right);
            for (const auto& part : expression.parts)
                VTPMLAB_CHECK(again(again, part));
            return {};
        };
        VTPMLAB_CHECK(walk(walk, found->second));
        open.erase(name);
        sound.insert(name);
        return {};
    };
    for (const auto& [name, expression] : rules_)
        VTPMLAB_CHECK(visit(visit, name));
    return {};
}

bool Policy::allows(std::string_view action, const http::Identity& caller,
                    const PolicyTarget* target) const {
    const auto rule = rules_.find(action);
    return rule != rules_.end() && holds(rule->second, caller, target);
}

bool Policy::holds(const Expression& expression, const http::Identity& caller,
                   const PolicyTarget* target) const {
    const auto part_holds = [&](const Expression& part) { return holds(part, caller, target); };
    switch (expression.kind) {
    case Expression::Kind::all:
        return std::all_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::any:
        return std::any_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::negation:
        return !part_holds(expression.parts.front());
    case Expression::Kind::check:
        break;
    }
    if (expression.left == "rule")
        return allows(expression.right, caller, target);
    if (expression.left == "role")
        return caller.has_role(expression.right);
    const auto wanted = filled(expression.right, target);
    const auto have = said(expression.left, caller);
    // An unscoped token has no project, which is no project in common with anything.
    return wanted && have && !have->empty() && *wanted == *have;
}

} // namespace vtpmlab::fakes::barbican
