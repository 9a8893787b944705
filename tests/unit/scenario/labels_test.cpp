#include "core/error_text.h"
#include "scenario/labels.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {
namespace {

bool holds(const std::string& expression, const std::vector<std::string>& labels) {
    const auto parsed = LabelExpression::parse(expression);
    EXPECT_TRUE(parsed) << expression;
    return parsed && parsed->matches(labels);
}

std::string refusal(const std::string& expression) {
    const auto parsed = LabelExpression::parse(expression);
    return parsed ? "accepted" : error_text(parsed.error());
}

TEST(LabelExpression, JoinsLabels) {
    EXPECT_TRUE(holds("smoke", {"smoke", "Q01"}));
    EXPECT_FALSE(holds("smoke", {"smoke-2"}));
    EXPECT_TRUE(holds("smoke and not slow", {"smoke"}));
    EXPECT_FALSE(holds("smoke and not slow", {"smoke", "slow"}));
    EXPECT_TRUE(holds("Q01 or Q02", {"Q02"}));
    EXPECT_FALSE(holds("Q01 or Q02", {}));
    EXPECT_TRUE(holds("not not smoke", {"smoke"}));
    EXPECT_TRUE(holds("  (Q01)or(Q02)  ", {"Q01"}));
    EXPECT_TRUE(holds("nova-vtpm:Q_1.2", {"nova-vtpm:Q_1.2"}));
}

TEST(LabelExpression, NotBindsTighterThanAndAndTighterThanOr) {
    EXPECT_TRUE(holds("a or b and c", {"a"}));
    EXPECT_FALSE(holds("(a or b) and c", {"a"}));
    EXPECT_FALSE(holds("not a and b", {"a", "b"}));
    EXPECT_TRUE(holds("not (a and b)", {"a"}));
    EXPECT_TRUE(holds("not a or a", {"a"}));
}

TEST(LabelExpression, ShowsWhereItGoesWrong) {
    EXPECT_EQ(refusal("smoke slow"), "error: expected 'and' or 'or', found 'slow'\n"
                                     "  where: label expression\n"
                                     "      | smoke slow\n"
                                     "      |       ^\n"
                                     "  hint: join two labels with 'and' or 'or'\n");
    EXPECT_EQ(refusal(""), "error: a label is missing at the end\n"
                           "  where: label expression\n"
                           "  hint: such as: smoke and not slow\n");
    EXPECT_EQ(refusal("smoke and"), "error: a label is missing at the end\n"
                                    "  where: label expression\n"
                                    "      | smoke and\n"
                                    "      |          ^\n"
                                    "  hint: such as: smoke and not slow\n");
    EXPECT_EQ(refusal("a and (b or c"), "error: '(' without ')'\n"
                                        "  where: label expression\n"
                                        "      | a and (b or c\n"
                                        "      |       ^\n"
                                        "  hint: close it\n");
    EXPECT_EQ(refusal("a)"), "error: ')' without '('\n"
                             "  where: label expression\n"
                             "      | a)\n"
                             "      |  ^\n"
                             "  hint: take it away\n");
    EXPECT_EQ(refusal("a && b"), "error: expected 'and' or 'or', found '&'\n"
                                 "  where: label expression\n"
                                 "      | a && b\n"
                                 "      |   ^\n"
                                 "  hint: join two labels with 'and' or 'or'\n");
    EXPECT_EQ(refusal("or a"), "error: expected a label, found 'or'\n"
                               "  where: label expression\n"
                               "      | or a\n"
                               "      | ^\n"
                               "  hint: such as: smoke and not slow\n");
}

TEST(LabelExpression, IsBounded) {
    const std::string deep(100'000, '(');
    const auto parsed = LabelExpression::parse(deep);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "label expression longer than 1000 characters");
    EXPECT_FALSE(LabelExpression::parse(std::string(1000, '(')));
}

TEST(Label, IsAWordThatIsNoneOfTheExpressions) {
    EXPECT_TRUE(is_label("Q01"));
    EXPECT_TRUE(is_label("reference:L12"));
    EXPECT_FALSE(is_label(""));
    EXPECT_FALSE(is_label("not"));
    EXPECT_FALSE(is_label("two words"));
}

} // namespace
} // namespace vtpmlab::scenario
