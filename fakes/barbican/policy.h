#pragma once
// Who may do what: evaluates rules in oslo.policy's language over a caller and a secret. The rules
// are parsed once; a rule that is no rule, or names one that is not there, is an error at the
// start, never a quiet yes or no later.

#include "barbican/policy_rules.h"
#include "http/caller.h"

#include <vtpmlab/result.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::barbican {

// What the rules can ask of the secret at stake.
struct PolicyTarget {
    std::string project_id;
    std::string creator_id;
    bool project_access = true; // false: the secret is private
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

    // `target` is null for actions on no particular secret.
    [[nodiscard]] bool allows(std::string_view action, const http::Identity& caller,
                              const PolicyTarget* target) const;

private:
    struct Expression;
    class Parser;
    Policy();
    [[nodiscard]] bool holds(const Expression& expression, const http::Identity& caller,
                             const PolicyTarget* target) const;
    [[nodiscard]] Status check_references() const;

    std::map<std::string, Expression, std::less<>> rules_;
};

} // namespace vtpmlab::fakes::barbican
