// The search against what a query means: small clouds and queries by chance, and a second search
// that tries every provider for everything and knows no short cut.

#include "placement/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace vtpmlab::fakes::placement {
namespace {

constexpr unsigned first_seed = 20'261'122;
constexpr unsigned clouds = 500;
constexpr unsigned queries_of_a_cloud = 6;

// A candidate without an order, to be compared.
struct Taken {
    std::map<std::string, Amounts> allocations;            // provider → what
    std::map<std::string, std::set<std::string>> mappings; // suffix → providers
    auto operator<=>(const Taken&) const = default;
};

void PrintTo(const Taken& taken, std::ostream* out) {
    for (const auto& [provider, amounts] : taken.allocations) {
        *out << provider << '{';
        for (const auto& [resource_class, amount] : amounts)
            *out << ' ' << resource_class << ':' << amount;
        *out << " } ";
    }
    for (const auto& [suffix, providers] : taken.mappings)
        for (const auto& provider : providers)
            *out << " '" << suffix << "'=" << provider;
}

// Nothing but the rules.
class Reference {
public:
    Reference(const Model& model, const CandidateQuery& query) : model_(model), query_(query) {}

    std::set<Taken> candidates() {
        for (const auto& [uuid, provider] : model_.providers)
            if (provider.parent.empty() && carries(provider.traits, query_.root) &&
                !carries_forbidden(provider.traits, query_.root)) {
                anchor_ = &provider;
                serve_from(0);
            }
        return std::move(found_);
    }

private:
    // --- what a name means
    [[nodiscard]] int trait(const std::string& name) const { return *model_.traits.find(name); }
    [[nodiscard]] bool carries(const TraitSet& traits, const RequestGroup& group) const {
        for (const auto& any : group.required)
            if (std::none_of(any.begin(), any.end(),
                             [&](const auto& name) { return traits.contains(trait(name)); }))
                return false;
        return true;
    }
    [[nodiscard]] bool carries_forbidden(const TraitSet& traits, const RequestGroup& group) const {
        return std::any_of(group.forbidden.begin(), group.forbidden.end(),
                           [&](const auto& name) { return traits.contains(trait(name)); });
    }
    static bool is_member(const Provider& provider, const RequestGroup& group) {
        for (const auto& any : group.member_of)
            if (std::none_of(any.begin(), any.end(), [&](const auto& aggregate) {
                    return provider.aggregates.count(aggregate) > 0;
                }))
                return false;
        return true;
    }
    static bool is_banned_member(const Provider& provider, const RequestGroup& group) {
        return std::any_of(
            group.not_member_of.begin(), group.not_member_of.end(),
            [&](const auto& aggregate) { return provider.aggregates.count(aggregate) > 0; });
    }
    [[nodiscard]] std::int64_t used_at(const Provider& provider, int resource_class) const {
        std::int64_t used = 0;
        for (const auto& [uuid, consumer] : model_.consumers)
            if (const auto at = consumer.allocations.find(provider.uuid);
                at != consumer.allocations.end())
                if (const auto amount = at->second.find(resource_class); amount != at->second.end())
                    used += amount->second;
        return used;
    }
    [[nodiscard]] bool is_left(const Provider& provider, int resource_class,
                               std::int64_t amount) const {
        const auto& inventory = provider.inventories.at(resource_class);
        const double all =
            static_cast<double>(inventory.total - inventory.reserved) * inventory.allocation_ratio;
        return amount <= inventory.max_unit &&
               used_at(provider, resource_class) + amount <= static_cast<std::int64_t>(all);
    }
    [[nodiscard]] bool has_room(const Provider& provider, int resource_class,
                                std::int64_t amount) const {
        const auto inventory = provider.inventories.find(resource_class);
        return inventory != provider.inventories.end() && amount >= inventory->second.min_unit &&
               amount % inventory->second.step_size == 0 &&
               is_left(provider, resource_class, amount);
    }
    [[nodiscard]] bool is_in_anchors_tree(const Provider& provider) const {
        return provider.root == anchor_->uuid;
    }
    // Through an aggregate of any member of the anchor's tree.
    [[nodiscard]] bool is_shared_with_anchor(const Provider& provider) const {
        if (!provider.traits.contains(trait("MISC_SHARES_VIA_AGGREGATE")))
            return false;
        for (const auto& [uuid, member] : model_.providers)
            if (is_in_anchors_tree(member))
                for (const auto& aggregate : member.aggregates)
                    if (provider.aggregates.count(aggregate) > 0)
                        return true;
        return false;
    }
    [[nodiscard]] bool is_in_tree(const Provider& provider, const RequestGroup& group) const {
        if (group.in_tree.empty())
            return true;
        const Provider* named = model_.provider(group.in_tree);
        return named != nullptr && provider.root == named->root;
    }
    [[nodiscard]] bool is_at_or_below(const Provider& provider, const Provider& top) const {
        for (const Provider* at = &provider; at != nullptr; at = model_.provider(at->parent))
            if (at == &top)
                return true;
        return false;
    }

    // --- who may serve what
    // The plain group: one class of it.
    [[nodiscard]] bool may_give(const Provider& provider, const RequestGroup& group,
                                int resource_class, std::int64_t amount) const {
        if (!has_room(provider, resource_class, amount) ||
            carries_forbidden(provider.traits, group) || is_banned_member(provider, group) ||
            is_banned_member(*anchor_, group) || !is_in_tree(provider, group))
            return false;
        if (is_in_anchors_tree(provider)) // membership of the root reaches what is below it
            return is_member(provider, group) || is_member(*anchor_, group);
        // One tree is one tree: with in_tree nothing is taken from outside.
        return group.in_tree.empty() && is_shared_with_anchor(provider) &&
               is_member(provider, group);
    }
    // A group with a suffix: all of it.
    [[nodiscard]] bool may_serve(const Provider& provider, const RequestGroup& group) const {
        if (group.resources.empty()) { // then it must say what it wants instead
            if (group.required.empty() && group.member_of.empty())
                return false;
            if (!group.in_tree.empty() && model_.provider(group.in_tree) == nullptr)
                return false;
        } else if (!is_in_tree(provider, group)) {
            return false;
        }
        for (const auto& [name, amount] : group.resources)
            if (!has_room(provider, *model_.classes.find(name), amount))
                return false;
        return (is_in_anchors_tree(provider) || is_shared_with_anchor(provider)) &&
               carries(provider.traits, group) && !carries_forbidden(provider.traits, group) &&
               is_member(provider, group) && !is_banned_member(provider, group);
    }

    // --- everything with everything
    void serve_from(std::size_t group) {
        if (group == query_.groups.size())
            return keep();
        if (query_.groups[group].suffix.empty())
            return spread(group, 0);
        for (const auto& [uuid, provider] : model_.providers)
            if (may_serve(provider, query_.groups[group])) {
                parts_.push_back({group, &provider, {}});
                for (const auto& [name, amount] : query_.groups[group].resources)
                    parts_.back().amounts[*model_.classes.find(name)] = amount;
                serve_from(group + 1);
                parts_.pop_back();
            }
    }
    void spread(std::size_t group, std::size_t resource) {
        const auto& wanted = query_.groups[group];
        if (resource == wanted.resources.size()) {
            TraitSet together;
            for (const auto& part : parts_)
                if (part.group == group)
                    together |= part.provider->traits;
            if (carries(together, wanted))
                serve_from(group + 1);
            return;
        }
        const auto& [name, amount] = wanted.resources[resource];
        const int resource_class = *model_.classes.find(name);
        for (const auto& [uuid, provider] : model_.providers)
            if (may_give(provider, wanted, resource_class, amount)) {
                parts_.push_back({group, &provider, {{resource_class, amount}}});
                spread(group, resource + 1);
                parts_.pop_back();
            }
    }

    void keep() {
        Taken taken;
        std::set<std::string> roots;
        for (const auto& part : parts_) {
            taken.mappings[query_.groups[part.group].suffix].insert(part.provider->uuid);
            for (const auto& [resource_class, amount] : part.amounts)
                taken.allocations[part.provider->uuid][resource_class] += amount;
        }
        for (const auto& [uuid, amounts] : taken.allocations) {
            roots.insert(model_.provider(uuid)->root);
            for (const auto& [resource_class, amount] : amounts)
                if (!is_left(*model_.provider(uuid), resource_class, amount))
                    return;
        }
        if (query_.nested == NestedProviders::left_out && roots.size() < taken.allocations.size())
            return;
        if (query_.policy == GroupPolicy::isolate && !is_isolated())
            return;
        for (const auto& suffixes : query_.same_subtree)
            if (!is_one_subtree(suffixes))
                return;
        found_.insert(std::move(taken));
    }
    [[nodiscard]] bool is_isolated() const {
        std::set<const Provider*> providers;
        for (const auto& part : parts_)
            if (!query_.groups[part.group].suffix.empty() &&
                !providers.insert(part.provider).second)
                return false;
        return true;
    }
    [[nodiscard]] bool is_one_subtree(const std::set<std::string>& suffixes) const {
        std::vector<const Provider*> members;
        for (const auto& part : parts_)
            if (suffixes.count(query_.groups[part.group].suffix) > 0)
                members.push_back(part.provider);
        return std::any_of(members.begin(), members.end(), [&](const Provider* top) {
            return std::all_of(members.begin(), members.end(), [&](const Provider* member) {
                return is_at_or_below(*member, *top);
            });
        });
    }

    struct Part {
        std::size_t group;
        const Provider* provider;
        Amounts amounts;
    };

    const Model& model_;
    const CandidateQuery& query_;
    const Provider* anchor_ = nullptr;
    std::vector<Part> parts_; // of the candidate in the making
    std::set<Taken> found_;
};

const std::vector<std::string> class_names = {"VCPU", "MEMORY_MB", "VGPU"};
const std::vector<std::string> trait_names = {"T0", "T1", "T2"};
const std::vector<std::string> aggregate_names = {"agg-a", "agg-b"};

// Clouds and queries small enough to try everything, and odd enough to meet every rule.
class Chance {
public:
    explicit Chance(unsigned seed) : random_(seed) {}

    Model cloud() {
        Model model;
        model.traits.intern("MISC_SHARES_VIA_AGGREGATE");
        for (const auto& name : trait_names)
            model.traits.intern(name);
        for (const auto& name : class_names)
            model.classes.intern(name);
        const bool flat = one_in(4);
        const int providers = from(1, 6);
        for (int n = 0; n < providers; ++n)
            model.put(provider(model, n, flat));
        const int consumers = from(0, 3);
        for (int n = 0; n < consumers; ++n)
            model.put(consumer(model, n));
        return model;
    }

    CandidateQuery query(const Model& model) {
        CandidateQuery query;
        if (!one_in(3))
            query.groups.push_back(group(model, ""));
        const int suffixed = query.groups.empty() ? from(1, 2) : from(0, 2);
        for (int n = 0; n < suffixed; ++n)
            query.groups.push_back(group(model, "_" + std::to_string(n)));
        if (one_in(6))
            wish_traits(query.root);
        if (suffixed == 2)
            query.policy = one_in(2) ? GroupPolicy::isolate : GroupPolicy::none;
        if (one_in(5)) {
            auto& together = query.same_subtree.emplace_back();
            for (const auto& wanted : query.groups)
                if (!wanted.suffix.empty())
                    together.insert(wanted.suffix);
            if (together.empty())
                query.same_subtree.clear();
            else if (query.groups.size() > 1 && one_in(2))
                query.groups.back().resources.clear();
        }
        if (one_in(5))
            query.nested = NestedProviders::left_out;
        return query;
    }

    int from(int least, int most) {
        return std::uniform_int_distribution<int>(least, most)(random_);
    }
    bool one_in(int n) { return from(1, n) == 1; }

private:
    const std::string& any(const std::vector<std::string>& names) {
        return names[static_cast<std::size_t>(from(0, static_cast<int>(names.size()) - 1))];
    }
    const Provider& any(const Model& model) {
        return std::next(model.providers.begin(),
                         from(0, static_cast<int>(model.providers.size()) - 1))
            ->second;
    }

    Provider provider(const Model& model, int number, bool flat) {
        Provider made;
        made.uuid = made.name = "p" + std::to_string(number);
        if (number > 0 && !flat && !one_in(3)) {
            made.parent = any(model).uuid;
            made.root = model.provider(made.parent)->root;
        } else {
            made.root = made.uuid;
        }
        for (const auto& name : class_names)
            if (!one_in(4)) {
                Inventory& inventory = made.inventories[*model.classes.find(name)];
                inventory.total = from(2, 8);
                inventory.reserved = one_in(4) ? 1 : 0;
                inventory.min_unit = one_in(5) ? 2 : 1;
                inventory.max_unit = from(2, 8);
                inventory.step_size = one_in(5) ? 2 : 1;
                inventory.allocation_ratio = one_in(3) ? 1.5 : 1.0;
            }
        for (const auto& name : trait_names)
            if (one_in(2))
                made.traits.insert(*model.traits.find(name));
        if (!flat && one_in(4))
            made.traits.insert(*model.traits.find("MISC_SHARES_VIA_AGGREGATE"));
        for (const auto& name : aggregate_names)
            if (one_in(3))
                made.aggregates.insert(name);
        return made;
    }
    Consumer consumer(const Model& model, int number) {
        Consumer made{"c" + std::to_string(number), "project", "user", "", 1, {}};
        const Provider& from_whom = any(model);
        for (const auto& [resource_class, inventory] : from_whom.inventories)
            if (one_in(2))
                made.allocations[from_whom.uuid][resource_class] = 1;
        return made;
    }
    RequestGroup group(const Model& model, std::string suffix) {
        RequestGroup wanted;
        wanted.suffix = std::move(suffix);
        for (const auto& name : class_names)
            if (one_in(3))
                wanted.resources.emplace_back(name, from(1, 2));
        if (wanted.resources.empty())
            wanted.resources.emplace_back(any(class_names), 1);
        wish_traits(wanted);
        if (one_in(6))
            wanted.member_of.push_back({any(aggregate_names), any(aggregate_names)});
        if (one_in(8))
            wanted.not_member_of.insert(any(aggregate_names));
        if (one_in(8))
            wanted.in_tree = one_in(5) ? "nobody" : any(model).uuid;
        return wanted;
    }
    void wish_traits(RequestGroup& wanted) {
        if (one_in(4))
            wanted.required.push_back({any(trait_names), any(trait_names)});
        if (one_in(5))
            wanted.forbidden.insert(any(trait_names));
    }

    std::mt19937 random_;
};

std::vector<Taken> plain(const CandidateQuery& query, const std::vector<Candidate>& candidates) {
    std::vector<Taken> all;
    for (const auto& candidate : candidates) {
        Taken& taken = all.emplace_back();
        for (const auto& [provider, amounts] : candidate.allocations)
            taken.allocations[provider->uuid] = *amounts;
        for (const auto& [group, provider] : candidate.mappings)
            taken.mappings[query.groups[group].suffix].insert(provider->uuid);
    }
    return all;
}

TEST(CandidatesProperty, TheSearchFindsWhatAQueryMeansAndALimitIsItsBeginning) {
    unsigned answered = 0, candidates = 0;
    for (unsigned number = 0; number < clouds; ++number) {
        const unsigned seed = first_seed + number;
        Chance chance(seed);
        const Model model = chance.cloud();
        for (unsigned n = 0; n < queries_of_a_cloud; ++n) {
            SCOPED_TRACE("seed " + std::to_string(seed) + ", query " + std::to_string(n));
            CandidateQuery query = chance.query(model);
            const auto found = find_candidates(model, query);
            ASSERT_TRUE(found);
            const auto all = plain(query, *found);
            const std::set<Taken> once(all.begin(), all.end());
            ASSERT_EQ(once.size(), all.size()) << "the same candidate twice";
            ASSERT_EQ(once, Reference(model, query).candidates());
            answered += all.empty() ? 0 : 1;
            candidates += static_cast<unsigned>(all.size());
            if (all.size() < 2)
                continue;
            query.limit = static_cast<std::size_t>(chance.from(1, static_cast<int>(all.size())));
            const auto limited = find_candidates(model, query);
            ASSERT_TRUE(limited);
            ASSERT_EQ(plain(query, *limited),
                      std::vector<Taken>(all.begin(),
                                         all.begin() + static_cast<std::ptrdiff_t>(query.limit)));
        }
    }
    // Chance that never finds anything proves nothing.
    EXPECT_GT(answered, clouds * queries_of_a_cloud / 4);
    EXPECT_GT(candidates, 2 * answered);
}

} // namespace
} // namespace vtpmlab::fakes::placement
