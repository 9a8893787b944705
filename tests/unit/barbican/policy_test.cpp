// The rules' language: what it means, and what it says about rules that are none.

#include "barbican/policy.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::barbican {
namespace {

http::Caller somebody(std::vector<std::string> roles) {
    http::Caller caller;
    caller.user_id = "u1";
    caller.project_id = "p1";
    caller.roles = std::move(roles);
    return caller;
}

bool allowed(const std::string& rule, const http::Caller& who, const PolicyTarget* target) {
    const auto policy = Policy::make(PolicyDefaults::legacy, {{"test", rule}});
    EXPECT_TRUE(policy) << policy.error().message;
    return policy && (*policy)->allows("test", who, target);
}

std::string refusal(const std::map<std::string, std::string>& rules) {
    const auto policy = Policy::make(PolicyDefaults::legacy, rules);
    return policy ? "" : policy.error().message;
}

TEST(Policy, AndBindsStrongerThanOrAndNotStrongest) {
    const auto ab = somebody({"a", "b"}), a = somebody({"a"}), c = somebody({"c"});
    EXPECT_TRUE(allowed("role:a and role:b or role:c", c, nullptr));
    EXPECT_FALSE(allowed("role:a and (role:b or role:c)", c, nullptr));
    EXPECT_TRUE(allowed("role:a and not role:b", a, nullptr));
    EXPECT_FALSE(allowed("role:a and not role:b", ab, nullptr));
    EXPECT_TRUE(allowed("not (role:a and role:b)", a, nullptr));
    EXPECT_FALSE(allowed("not role:a or role:c", a, nullptr));
    EXPECT_TRUE(allowed("((role:a))", a, nullptr));
}

TEST(Policy, ChecksAskTheTokenAndTheSecret) {
    const auto who = somebody({});
    PolicyTarget target{"secret", "p1", "u2", true, false};
    EXPECT_TRUE(allowed("project_id:%(target.secret.project_id)s", who, &target));
    EXPECT_FALSE(allowed("user_id:%(target.secret.creator_id)s", who, &target));
    EXPECT_TRUE(allowed("True:%(target.secret.read_project_access)s", who, &target));
    EXPECT_FALSE(allowed("'read':%(target.secret.read)s", who, &target));
    EXPECT_TRUE(allowed("is_admin_project:True", who, nullptr));
    target.kind = "container";
    EXPECT_FALSE(allowed("project_id:%(target.secret.project_id)s", who, &target));
    EXPECT_TRUE(allowed("project_id:%(target.container.project_id)s", who, &target));
    target.kind = "secret";
    target.project_access.reset(); // as with ACLs: neither private nor not
    EXPECT_FALSE(allowed("True:%(target.secret.read_project_access)s", who, &target));
    EXPECT_FALSE(allowed("'False':%(target.secret.read_project_access)s", who, &target));
    target.listed_reader = true;
    target.project_access = false;
    EXPECT_TRUE(allowed("'read':%(target.secret.read)s", who, &target));
    EXPECT_TRUE(allowed("'False':%(target.secret.read_project_access)s", who, &target));
}

TEST(Policy, WhatIsNotThereIsNotEqual) {
    auto who = somebody({"admin"});
    const PolicyTarget target{"secret", "", "", true, false};
    EXPECT_FALSE(allowed("project_id:%(target.secret.project_id)s", who, nullptr));
    EXPECT_FALSE(allowed("project_id:%(target.secret.size)s", who, &target));
    EXPECT_FALSE(allowed("shoe_size:%(target.secret.project_id)s", who, &target));
    who.project_id.clear(); // an unscoped token
    EXPECT_FALSE(allowed("project_id:%(target.secret.project_id)s", who, &target));
}

TEST(Policy, AnUnknownActionIsRefused) {
    const auto policy = Policy::make(PolicyDefaults::legacy);
    ASSERT_TRUE(policy);
    EXPECT_FALSE((*policy)->allows("secret:sell", somebody({"admin"}), nullptr));
}

TEST(Policy, NothingAndTheAtSignAllowEverybodyAndTheBangNobody) {
    const auto nobody = somebody({});
    EXPECT_TRUE(allowed("", nobody, nullptr));
    EXPECT_TRUE(allowed("@", nobody, nullptr));
    EXPECT_FALSE(allowed("!", nobody, nullptr));
    EXPECT_TRUE(allowed("not !", nobody, nullptr));
}

TEST(Policy, SystemScopeAndServiceTokensCanBeAskedFor) {
    auto who = somebody({"reader"});
    EXPECT_FALSE(allowed("system_scope:all", who, nullptr));
    EXPECT_FALSE(allowed("service_roles:service", who, nullptr));
    EXPECT_TRUE(allowed("roles:reader", who, nullptr));
    who.system_scope = true;
    who.service = http::Identity();
    who.service->roles = {"admin", "service"};
    EXPECT_TRUE(allowed("system_scope:all", who, nullptr));
    EXPECT_TRUE(allowed("service_roles:service", who, nullptr));
    EXPECT_FALSE(allowed("True:%(enforce_new_defaults)s", who, nullptr));
}

TEST(Policy, WrongRulesAreFoundAtTheStart) {
    const std::pair<const char*, const char*> wrong[] = {
        {"role", "'role' is no check"},
        {":creator", "':creator' is no check"},
        {"role:a and", "it ends where a check is due"},
        {"or role:a", "'or' is no check"},
        {"(role:a", "there is a ( without its )"},
        {"role:a)", "there is a ) without its ("},
        {"not", "it ends where a check is due"},
        {"role:a role:b", "'and' or 'or' is missing"},
        {"()", "')' is no check"},
        {"http://judge/", "checks by another server are not supported"},
        {"user_id:%(target.secret.creator_id)", "'%(target.secret.creator_id' does not end in )s"}};
    for (const auto& [rule, reason] : wrong)
        EXPECT_EQ(refusal({{"secret:get", rule}}), "the policy rule 'secret:get' is no rule: '" +
                                                       std::string(rule) + "': " + reason);
    EXPECT_EQ(Policy::syntax_error(std::string(100000, '(')), "it is nested too deep");
    EXPECT_EQ(refusal({{"secret:get", "rule:all_user"}}), "there is no policy rule 'all_user'");
    EXPECT_EQ(refusal({{"a", "role:x or rule:b"}, {"b", "not rule:a"}}),
              "the policy rule 'a' needs itself");
}

} // namespace
} // namespace vtpmlab::fakes::barbican
