// An operator's policy.yaml, and what is said about mistakes in it.

#include "barbican/policy_file.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::barbican {
namespace {

std::string refusal(std::string_view text) {
    const auto rules = parse_policy_file(text, "policy.yaml");
    return rules ? "" : rules.error().message;
}

TEST(PolicyFile, GivesTheRulesByName) {
    const auto rules = parse_policy_file(R"(# only what differs
"helper": "role:auditor"
"secret:get": "rule:helper or rule:secret_project_match"
secrets:post: ''
)",
                                         "policy.yaml");
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_EQ(*rules, (std::map<std::string, std::string>{
                          {"helper", "role:auditor"},
                          {"secret:get", "rule:helper or rule:secret_project_match"},
                          {"secrets:post", ""}}));
    EXPECT_TRUE(parse_policy_file("# nothing\n", "policy.yaml")->empty());
    EXPECT_TRUE(parse_policy_file("", "policy.yaml")->empty());
}

TEST(PolicyFile, SaysWhereAndWhatIsWrong) {
    EXPECT_EQ(refusal("\"a\": \"role:x\"\n\"secret:gett\": \"role:x\"\n"),
              "policy.yaml:2:1: Barbican has no action 'secret:gett'");
    const auto mistyped = parse_policy_file("\"secret:gett\": \"\"\n", "policy.yaml");
    ASSERT_FALSE(mistyped);
    EXPECT_EQ(mistyped.error().hint, "did you mean 'secret:get'?");
    EXPECT_EQ(refusal("\"secret:get\": \"role:x\"\n\"secret:get\": \"role:y\"\n"),
              "policy.yaml:2:1: the rule 'secret:get' stands here twice");
    EXPECT_EQ(refusal("\"secret:get\": \"role:x or\"\n"),
              "policy.yaml:1:15: the rule 'secret:get' is no rule: it ends where a check is due");
    EXPECT_EQ(refusal("\"secret:get\": [[\"role:x\"]]\n"),
              "policy.yaml:1:15: the rule 'secret:get' is not one text");
    EXPECT_EQ(refusal("\"secret:get\":\n\"a\": \"@\"\n"),
              "policy.yaml: the rule 'secret:get' is empty");
    EXPECT_EQ(refusal("- \"secret:get\"\n"), "policy.yaml:1:1: a policy file is a map of rules");
    EXPECT_EQ(refusal("\"secret:get\": [\"role:x\"").substr(0, 12), "policy.yaml:");
    EXPECT_EQ(refusal(std::string((1 << 20) + 1, '#')),
              "policy.yaml: the policy file is longer than 1048576 bytes");
}

} // namespace
} // namespace vtpmlab::fakes::barbican
