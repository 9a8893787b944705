// The rules' language: what it means, and what it says about rules that are none.

#include "barbican/policy.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::barbican {
namespace {

http::Identity somebody(std::vector<std::string> roles) {
    http::Identity identity;
    identity.user_id = "u1";
    identity.project_id = "p1";
    identity.roles = std::move(roles);
    return identity;
}

bool allowed(const std::string& rule, const http::Identity& who, const PolicyTarget* target) {
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
    PolicyTarget target{"p1", "u2", true, false};
    EXPECT_TRUE(allowed("project_id:%(target.secret.project_id)s", who, &target));
    EXPECT_FALSE(allowed("user_id:%(target.secret.creator_id)s", who, &target));
    EXPECT_TRUE(allowed("True:%(target.secret.read_project_access)s", who, &target));
    EXPECT_FALSE(allowed("'read':%(target.secret.read)s", who, &target));
    EXPECT_TRUE(allowed("is_admin_project:True", who, nullptr));
    target.listed_reader = true;
    target.project_access = false;
    EXPECT_TRUE(allowed("'read':%(target.secret.read)s", who, &target));
    EXPECT_TRUE(allowed("'False':%(target.secret.read_project_access)s", who, &target));
}

TEST(Policy, WhatIsNotThereIsNotEqual) {
    auto who = somebody({"admin"});
    const PolicyTarget target{"", "", true, false};
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

TEST(Policy, WrongRulesAreFoundAtTheStart) {
    for (const char* rule : {"", "role", ":creator", "role:a and", "or role:a", "(role:a",
                             "role:a)", "not", "role:a role:b", "()"})
        EXPECT_EQ(refusal({{"secret:get", rule}}),
                  "the policy rule 'secret:get' is no rule: '" + std::string(rule) + "'");
    EXPECT_EQ(refusal({{"secret:get", "rule:all_user"}}), "there is no policy rule 'all_user'");
    EXPECT_EQ(refusal({{"a", "role:x or rule:b"}, {"b", "not rule:a"}}),
              "the policy rule 'a' needs itself");
}

} // namespace
} // namespace vtpmlab::fakes::barbican
