#include "barbican/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace vtpmlab::fakes::barbican {

// A check is `kind:match`, "role:creator"; the others combine their parts.
struct Policy::Expression {
    enum class Kind { check, all, any, negation, always, never };
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

    // Nothing if the text is not a rule; then `problem` says why.
    std::optional<Expression> parse() {
        if (words_.empty())
            return constant(Expression::Kind::always);
        auto expression = combined(Expression::Kind::any);
        if (expression && at_ != words_.size()) {
            complain(words_[at_] == ")" ? "there is a ) without its ("
                                        : "'and' or 'or' is missing");
            return std::nullopt;
        }
        return expression;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void split_word(std::string_view word) {
        while (!word.empty() && word.front() == '(') {
            words_.emplace_back("(");
            word.remove_prefix(1);
        }
        std::size_t closing = 0;
        // "%(name)s" ends in an s: brackets that close come after it.
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
        constexpr int deepest = 100; // no rule anybody can read; the parser recurses
        if (++depth_ > deepest)
            return complain("it is nested too deep");
        auto expression = nested();
        --depth_;
        return expression;
    }

    std::optional<Expression> nested() {
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
            if (inner && !take(")"))
                return complain("there is a ( without its )");
            return inner;
        }
        if (at_ == words_.size())
            return complain("it ends where a check is due");
        return check(words_[at_++]);
    }

    std::optional<Expression> check(const std::string& word) {
        if (word == "@")
            return constant(Expression::Kind::always);
        if (word == "!")
            return constant(Expression::Kind::never);
        const auto colon = word.find(':');
        if (colon == std::string::npos || colon == 0)
            return complain("'" + word + "' is no check");
        Expression check;
        check.left = word.substr(0, colon);
        check.right = word.substr(colon + 1);
        if (check.left == "http" || check.left == "https")
            return complain("checks by another server are not supported");
        if (check.right.substr(0, 2) == "%(" &&
            (check.right.size() < 5 || check.right.substr(check.right.size() - 2) != ")s"))
            return complain("'" + check.right + "' does not end in )s");
        return check;
    }

    static Expression constant(Expression::Kind kind) {
        Expression expression;
        expression.kind = kind;
        return expression;
    }

    // The first problem is the one to tell.
    std::nullopt_t complain(std::string text) {
        if (problem_.empty())
            problem_ = std::move(text);
        return std::nullopt;
    }

    std::string problem_;
    int depth_ = 0;
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

namespace {

const char* python(bool value) { return value ? "True" : "False"; }

// "%(target.secret.project_id)s" becomes its value; nothing if the target does not have it.
std::optional<std::string> filled(const std::string& text, const PolicyTarget* target,
                                  PolicyDefaults defaults) {
    if (text.substr(0, 2) != "%(")
        return text;
    std::string_view name = std::string_view(text).substr(2, text.size() - 4);
    if (name == "enforce_new_defaults")
        return python(defaults == PolicyDefaults::new_defaults);
    const std::string prefix = target ? "target." + target->kind + "." : std::string();
    if (!target || name.substr(0, prefix.size()) != prefix)
        return std::nullopt;
    name.remove_prefix(prefix.size());
    if (name == "project_id")
        return target->project_id;
    if (name == "creator_id")
        return target->creator_id;
    if (name == "read_project_access" && target->project_access)
        return python(*target->project_access);
    if (name == "read" && target->listed_reader)
        return "read";
    return std::nullopt;
}

// A literal ('read', True) or what the tokens say; several values of a list.
std::vector<std::string> said(const std::string& name, const http::Caller& caller) {
    const auto one = [](const std::string& value) {
        // An unscoped token has no project, which is no project in common with anything.
        return value.empty() ? std::vector<std::string>() : std::vector{value};
    };
    if (name.size() >= 2 && name.front() == '\'' && name.back() == '\'')
        return one(name.substr(1, name.size() - 2));
    if (name == "True" || name == "False" || name == "None")
        return {name};
    if (name == "user_id" || name == "user")
        return one(caller.user_id);
    if (name == "project_id" || name == "project")
        return one(caller.project_id);
    if (name == "domain_id")
        return one(caller.domain_id);
    if (name == "user_domain_id")
        return one(caller.user_domain_id);
    if (name == "project_domain_id")
        return one(caller.project_domain_id);
    if (name == "system_scope")
        return one(caller.system_scope ? "all" : "");
    if (name == "is_admin_project")
        return {python(caller.is_admin_project)};
    if (name == "roles")
        return caller.roles;
    if (!caller.service)
        return {};
    if (name == "service_roles")
        return caller.service->roles;
    if (name == "service_user_id")
        return one(caller.service->user_id);
    if (name == "service_project_id")
        return one(caller.service->project_id);
    return {};
}

} // namespace

Policy::Policy(PolicyDefaults defaults) : defaults_(defaults) {}

Policy::~Policy() = default;

Result<std::unique_ptr<Policy>> Policy::make(PolicyDefaults defaults,
                                             const std::map<std::string, std::string>& overrides) {
    std::unique_ptr<Policy> policy(new Policy(defaults));
    std::map<std::string, std::string> texts;
    for (const auto& rules : {base_rules(), action_rules(defaults)})
        for (const auto& rule : rules)
            texts[std::string(rule.name)] = rule.text;
    for (const auto& [name, text] : overrides)
        texts[name] = text;
    for (const auto& [name, text] : texts) {
        Parser parser(text);
        auto expression = parser.parse();
        if (!expression)
            return fail(ErrorKind::usage,
                        fmt::format("the policy rule '{}' is no rule: '{}': {}", name, text,
                                    parser.problem()),
                        {}, "write checks like role:creator or rule:NAME, joined by and, or, not");
        policy->rules_.emplace(name, std::move(*expression));
    }
    VTPMLAB_CHECK(policy->check_references());
    return policy;
}

std::string Policy::syntax_error(std::string_view rule) {
    Parser parser(rule);
    return parser.parse() ? std::string() : parser.problem();
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

bool Policy::allows(std::string_view action, const http::Caller& caller,
                    const PolicyTarget* target) const {
    const auto rule = rules_.find(action);
    return rule != rules_.end() && holds(rule->second, caller, target);
}

bool Policy::holds(const Expression& expression, const http::Caller& caller,
                   const PolicyTarget* target) const {
    const auto part_holds = [&](const Expression& part) { return holds(part, caller, target); };
    switch (expression.kind) {
    case Expression::Kind::all:
        return std::all_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::any:
        return std::any_of(expression.parts.begin(), expression.parts.end(), part_holds);
    case Expression::Kind::negation:
        return !part_holds(expression.parts.front());
    case Expression::Kind::always:
        return true;
    case Expression::Kind::never:
        return false;
    case Expression::Kind::check:
        break;
    }
    if (expression.left == "rule")
        return allows(expression.right, caller, target);
    const auto wanted = filled(expression.right, target, defaults_);
    if (!wanted)
        return false;
    if (expression.left == "role")
        return caller.has_role(*wanted);
    const auto have = said(expression.left, caller);
    return std::find(have.begin(), have.end(), *wanted) != have.end();
}

} // namespace vtpmlab::fakes::barbican
