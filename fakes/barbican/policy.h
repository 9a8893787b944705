#pragma once
// Who may do what: evaluates rules in oslo.policy's language over a caller and the thing at stake.
// The rules are parsed once; a rule that is no rule, or names one that is not there, is an error at
// the start, never a quiet yes or no later.
//
// Of the language: and, or, not, brackets; `role:`, `rule:`, `@` or nothing (always), `!` (never);
// LEFT:RIGHT where LEFT is a literal or a value of the token, RIGHT a literal or %(value)s of the
// target. Not `http:` checks and not the old form of nested lists.

#include "barbican/policy_rules.h"
#include "http/caller.h"

#include <vtpmlab/result.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::barbican {

// What the rules can ask of the thing at stake: "%(target.secret.creator_id)s".
struct PolicyTarget {
    std::string kind = "secret"; // or "container", "order"
    std::string project_id;
    std::string creator_id;
    // Whether the project's people may read it. Nothing where Barbican leaves it out: ACLs, orders.
    std::optional<bool> project_access = std::nullopt;
    bool listed_reader = false; // the caller stands in the read ACL
};

class Policy {
public:
    // `overrides` replace or add rules, as an operator's policy file does.
    static Result<std::unique_ptr<Policy>>
    make(PolicyDefaults defaults, const std::map<std::string, std::string>& overrides = {});
    ~Policy();
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;

    // What is wrong with the text as a rule, "" if nothing is.
    [[nodiscard]] static std::string syntax_error(std::string_view rule);

    // `target` is null for actions on no particular thing.
    [[nodiscard]] bool allows(std::string_view action, const http::Caller& caller,
                              const PolicyTarget* target) const;

private:
    struct Expression;
    class Parser;
    explicit Policy(PolicyDefaults defaults);
    [[nodiscard]] bool holds(const Expression& expression, const http::Caller& caller,
                             const PolicyTarget* target) const;
    [[nodiscard]] Status check_references() const;

    PolicyDefaults defaults_;
    std::map<std::string, Expression, std::less<>> rules_;
};

} // namespace vtpmlab::fakes::barbican
