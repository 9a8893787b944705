// The search itself, on small models.

#include "placement/candidates.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes::placement {
namespace {

class CandidatesTest : public ::testing::Test {
protected:
    int cls(const char* name) { return model_.classes.intern(name); }
    int trait(const char* name) { return model_.traits.intern(name); }

    void provider(const std::string& uuid, const std::string& parent, const Amounts& totals,
                  std::initializer_list<const char*> traits = {},
                  std::set<std::string> aggregates = {}) {
        Provider p;
        p.uuid = p.name = uuid;
        p.parent = parent;
        p.root = parent.empty() ? uuid : model_.provider(parent)->root;
        for (const auto& [resource_class, total] : totals)
            p.inventories[resource_class].total = total;
        for (const char* name : traits)
            p.traits.insert(trait(name));
        p.aggregates = std::move(aggregates);
        model_.put(std::move(p));
    }

    // "a:VCPU=1|b:VGPU=1" for each candidate.
    std::vector<std::string> found(const CandidateQuery& query) {
        std::vector<std::string> texts;
        const auto candidates = find_candidates(model_, query);
        if (!candidates)
            return {candidates.error().message};
        for (const auto& candidate : *candidates) {
            std::string text;
            for (const auto& [p, amounts] : candidate.allocations) {
                text += (text.empty() ? "" : "|") + p->uuid;
                for (const auto& [resource_class, amount] : *amounts)
                    text +=
                        ":" + model_.classes.text(resource_class) + "=" + std::to_string(amount);
            }
            texts.push_back(text);
        }
        return texts;
    }

    Model model_;
};

using Texts = std::vector<std::string>;

TEST_F(CandidatesTest, RoomIsCapacityWithoutWhatIsUsedAndReserved) {
    provider("a", "", {{cls("VCPU"), 4}});
    Provider p = *model_.provider("a");
    p.inventories[cls("VCPU")].reserved = 1;
    p.inventories[cls("VCPU")].allocation_ratio = 2.0;
    model_.put(p);
    CandidateQuery query;
    query.groups.resize(1);
    query.groups[0].resources = {{"VCPU", 6}};
    EXPECT_EQ(found(query), Texts{"a:VCPU=6"});
    query.groups[0].resources = {{"VCPU", 7}};
    EXPECT_EQ(found(query), Texts{});
    model_.put(Consumer{"c", "p", "u", "", 1, {{"a", {{cls("VCPU"), 2}}}}});
    query.groups[0].resources = {{"VCPU", 5}};
    EXPECT_EQ(found(query), Texts{});
    query.groups[0].resources = {{"VCPU", 4}};
    EXPECT_EQ(found(query), Texts{"a:VCPU=4"});
}

TEST_F(CandidatesTest, TraitsAreRequiredForbiddenOrAnyOf) {
    const int vcpu = cls("VCPU");
    provider("a", "", {{vcpu, 4}}, {"TPM_2_0", "CRB"});
    provider("b", "", {{vcpu, 4}}, {"TPM_2_0", "TIS"});
    trait("TIS2");
    provider("c", "", {{vcpu, 4}}, {"DISABLED", "TPM_2_0"});
    provider("d", "", {{vcpu, 4}});
    CandidateQuery query;
    query.groups.resize(1);
    query.groups[0].resources = {{"VCPU", 1}};
    query.groups[0].required = {{"TPM_2_0"}};
    EXPECT_EQ(found(query), (Texts{"a:VCPU=1", "b:VCPU=1", "c:VCPU=1"}));
    query.root.forbidden = {"DISABLED"};
    EXPECT_EQ(found(query), (Texts{"a:VCPU=1", "b:VCPU=1"}));
    query.groups[0].required.push_back({"CRB", "TIS2"});
    EXPECT_EQ(found(query), Texts{"a:VCPU=1"});
    query.groups[0].forbidden = {"CRB"};
    EXPECT_EQ(found(query), Texts{});
    query.limit = 1;
    query.groups[0] = {};
    query.groups[0].resources = {{"VCPU", 1}};
    EXPECT_EQ(found(query), Texts{"a:VCPU=1"});
}

TEST_F(CandidatesTest, ThePlainGroupMaySpreadOverATreeAndASuffixMayNot) {
    const int vcpu = cls("VCPU"), vgpu = cls("VGPU");
    provider("a", "", {{vcpu, 4}});
    provider("a1", "a", {{vgpu, 1}}, {"FAST"});
    provider("a2", "a", {{vgpu, 1}});
    provider("b", "", {{vcpu, 4}});
    CandidateQuery query;
    query.groups.resize(1);
    query.groups[0].resources = {{"VCPU", 1}, {"VGPU", 1}};
    EXPECT_EQ(found(query), (Texts{"a:VCPU=1|a1:VGPU=1", "a:VCPU=1|a2:VGPU=1"}));
    query.groups[0].required = {{"FAST"}};
    EXPECT_EQ(found(query), Texts{"a:VCPU=1|a1:VGPU=1"});
    query.groups[0].suffix = "1";
    EXPECT_EQ(found(query), Texts{});
}

TEST_F(CandidatesTest, AForbiddenTraitCountsOnlyWhereSomethingIsTaken) {
    const int vcpu = cls("VCPU");
    provider("a", "", {{vcpu, 4}});
    provider("a1", "a", {}, {"BAD"});
    CandidateQuery query;
    query.groups.resize(1);
    query.groups[0].resources = {{"VCPU", 1}};
    query.groups[0].forbidden = {"BAD"};
    EXPECT_EQ(found(query), Texts{"a:VCPU=1"});
}

TEST_F(CandidatesTest, GroupsShareOrAreIsolated) {
    const int vf = cls("SRIOV_NET_VF");
    provider("a", "", {});
    provider("a1", "a", {{vf, 1}});
    provider("a2", "a", {{vf, 2}});
    CandidateQuery query;
    query.groups.resize(2);
    query.groups[0].suffix = "1";
    query.groups[1].suffix = "2";
    query.groups[0].resources = query.groups[1].resources = {{"SRIOV_NET_VF", 1}};
    query.policy = GroupPolicy::none;
    EXPECT_EQ(found(query), (Texts{"a1:SRIOV_NET_VF=1|a2:SRIOV_NET_VF=1",
                                   "a2:SRIOV_NET_VF=1|a1:SRIOV_NET_VF=1", "a2:SRIOV_NET_VF=2"}));
    query.policy = GroupPolicy::isolate;
    EXPECT_EQ(found(query).size(), 2u);
}

TEST_F(CandidatesTest, ASubtreeHoldsItsGroupsTogether) {
    const int vcpu = cls("VCPU"), vf = cls("SRIOV_NET_VF");
    provider("r", "", {});
    for (const char* numa : {"n1", "n2"}) {
        provider(numa, "r", {{vcpu, 2}});
        provider(std::string(numa) + "f", numa, {{vf, 1}});
    }
    CandidateQuery query;
    query.groups.resize(2);
    query.groups[0].suffix = "_C";
    query.groups[0].resources = {{"VCPU", 1}};
    query.groups[1].suffix = "_N";
    query.groups[1].resources = {{"SRIOV_NET_VF", 1}};
    EXPECT_EQ(found(query).size(), 4u);
    query.same_subtree = {{"_C", "_N"}};
    EXPECT_EQ(found(query),
              (Texts{"n1:VCPU=1|n1f:SRIOV_NET_VF=1", "n2:VCPU=1|n2f:SRIOV_NET_VF=1"}));
}

TEST_F(CandidatesTest, TreesAndAggregatesNarrowTheSearch) {
    const int vcpu = cls("VCPU");
    provider("a", "", {{vcpu, 4}}, {}, {"agg"});
    provider("b", "", {{vcpu, 4}});
    CandidateQuery query;
    query.groups.resize(1);
    query.groups[0].resources = {{"VCPU", 1}};
    query.groups[0].member_of = {{"agg", "other"}};
    EXPECT_EQ(found(query), Texts{"a:VCPU=1"});
    query.groups[0].member_of.clear();
    query.groups[0].not_member_of = {"agg"};
    EXPECT_EQ(found(query), Texts{"b:VCPU=1"});
    query.groups[0].not_member_of.clear();
    query.groups[0].in_tree = "b";
    EXPECT_EQ(found(query), Texts{"b:VCPU=1"});
    query.groups[0].in_tree = "nobody";
    EXPECT_EQ(found(query), Texts{});
}

} // namespace
} // namespace vtpmlab::fakes::placement
