#include "core/error_text.h"
#include "scenario/bindings.h"
#include "scenario/verbs.h"

#include <gtest/gtest.h>

#include <string>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

Bindings sample() {
    Bindings bindings;
    bindings.set("flavor",
                 {{"id", "f-1"}, {"ram", 128}, {"extra_specs", {{"hw:tpm_version", "2.0"}}}});
    bindings.set("pair", {{"ids", json::array({"a", "b"})}, {"size", 2.5}, {"none", nullptr}});
    return bindings;
}

std::string refusal(const json& tree) {
    const auto resolved = sample().resolve(Located{tree, {{"", {"x.yaml", 7, 21}}}, {}});
    return resolved ? "resolved: " + resolved->dump() : error_text(resolved.error());
}

TEST(Bindings, AWholeExpressionKeepsTheTypeOfItsValue) {
    const Bindings bindings = sample();
    EXPECT_EQ(bindings.resolve({"${{ flavor.ram }}", {}, {}}), json(128));
    EXPECT_EQ(bindings.resolve({"${{flavor.ram}}", {}, {}}), json(128));
    EXPECT_EQ(bindings.resolve({"${{ pair.ids }}", {}, {}}), json::array({"a", "b"}));
    EXPECT_EQ(bindings.resolve({"${{ pair.none }}", {}, {}}), json(nullptr));
    EXPECT_EQ(bindings.resolve({"${{ flavor.extra_specs.hw:tpm_version }}", {}, {}}), json("2.0"));
}

TEST(Bindings, InsideATextValuesBecomeText) {
    EXPECT_EQ(sample().resolve({"${{ flavor.id }}-${{ flavor.ram }}/${{ pair.ids.1 }}!", {}, {}}),
              json("f-1-128/b!"));
}

TEST(Bindings, AreFoundAnywhereInATree) {
    const Located tree{{{"servers", {"${{ pair.ids.0 }}", "${{ pair.ids.1 }}"}}, {"n", 1}}, {}, {}};
    EXPECT_EQ(sample().resolve(tree), (json{{"servers", {"a", "b"}}, {"n", 1}}));
}

TEST(Bindings, TheNewerValueCounts) {
    Bindings bindings = sample();
    bindings.set("flavor", {{"id", "f-2"}});
    EXPECT_EQ(bindings.resolve({"${{ flavor.id }}", {}, {}}), json("f-2"));
    EXPECT_TRUE(bindings.has("pair"));
    EXPECT_FALSE(bindings.has("pai"));
}

TEST(Bindings, AValueIsNotReadForExpressionsAgain) {
    Bindings bindings;
    bindings.set("evil", {{"name", "${{ evil.name }}"}});
    EXPECT_EQ(bindings.resolve({"x ${{ evil.name }}", {}, {}}), json("x ${{ evil.name }}"));
}

TEST(Bindings, KeepThePlacesOfTheTree) {
    Located tree{{{"a", "${{ pair.ids }}"}}, {{"", {"x", 1, 1}}, {"/a", {"x", 1, 5}}}, {}};
    const auto resolved = sample().resolve_located(tree);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->place("/a/1").text(), "x:1:5");
}

TEST(Bindings, RefuseWithAPlaceAndAHint) {
    EXPECT_EQ(refusal("${{ flavr.id }}"), "x.yaml:7:21: unknown binding 'flavr'\n"
                                          "  hint: did you mean 'flavor'?\n");
    EXPECT_EQ(refusal("${{ server.id }}"), "x.yaml:7:21: unknown binding 'server'\n"
                                           "  hint: bound: flavor, pair\n");
    EXPECT_EQ(refusal("${{ flavor.idd }}"), "x.yaml:7:21: 'flavor' has no 'idd'\n"
                                            "  hint: did you mean 'id'?\n");
    EXPECT_EQ(refusal("${{ flavor.links }}"), "x.yaml:7:21: 'flavor' has no 'links'\n"
                                              "  hint: it has: extra_specs, id, ram\n");
    EXPECT_EQ(refusal("${{ pair.ids.2 }}"),
              "x.yaml:7:21: 'pair.ids' has no '2'\n"
              "  hint: it is a list of 2; its elements are counted from 0\n");
    EXPECT_EQ(refusal("${{ pair.ids.-1 }}"),
              "x.yaml:7:21: 'pair.ids' has no '-1'\n"
              "  hint: it is a list of 2; its elements are counted from 0\n");
    EXPECT_EQ(refusal("${{ flavor.id.x }}"), "x.yaml:7:21: 'flavor.id' has no 'x'\n"
                                             "  hint: it is \"f-1\", not a map\n");
    EXPECT_EQ(refusal("all of ${{ pair.ids }}"),
              "x.yaml:7:21: 'pair.ids' is a list and cannot stand inside a text\n"
              "  hint: let the expression be the whole value, or name a field of it\n");
    EXPECT_EQ(refusal("${{ flavor"), "x.yaml:7:21: '${{' without '}}'\n"
                                     "  hint: write it as ${{ name.field }}\n");
    EXPECT_EQ(refusal("${{ flavor..id }}"),
              "x.yaml:7:21: 'flavor..id' is not a binding's name and fields\n"
              "  hint: write it as ${{ name.field }}\n");
}

TEST(Bindings, SayWhenThereIsNothingToChooseFrom) {
    const auto resolved = Bindings().resolve({"${{ a.b }}", {}, {}});
    ASSERT_FALSE(resolved);
    EXPECT_EQ(resolved.error().hint, "no step has bound anything yet");
}

TEST(Verbs, JudgeArgumentsAgainOnceTheyAreKnown) {
    const Verb* const verb = find_verb("server-show");
    ASSERT_NE(verb, nullptr);
    EXPECT_TRUE(check_arguments(*verb, {{{"server", "s-1"}}, {}, {}}));
    const auto status =
        check_arguments(*verb, {{{"server", 5}}, {{"/server", {"x.yaml", 4, 28}}}, {}});
    ASSERT_FALSE(status);
    EXPECT_EQ(error_text(status.error()),
              "x.yaml:4:28: expected a text for 'server', found the number 5\n"
              "  hint: quote it: \"5\"\n");
}

} // namespace
} // namespace vtpmlab::scenario
