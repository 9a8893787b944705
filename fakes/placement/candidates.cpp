#include "placement/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;

namespace {

// One way to serve one group in the tree of `anchor`.
struct Option {
    const Provider* anchor;
    Shares shares;
};

void add(Shares& shares, const Share& more) {
    const auto known = std::find_if(shares.begin(), shares.end(), [&](const Share& share) {
        return share.provider == more.provider;
    });
    if (known == shares.end()) {
        shares.push_back(more);
        return;
    }
    auto sum = std::make_shared<Amounts>(*known->amounts);
    for (const auto& [resource_class, amount] : *more.amounts)
        (*sum)[resource_class] += amount;
    known->amounts = std::move(sum);
}

// What the real service checks once more when groups have met on one provider.
bool has_room_together(const Shares& shares) {
    return std::all_of(shares.begin(), shares.end(), [](const Share& share) {
        return std::all_of(share.amounts->begin(), share.amounts->end(), [&](const auto& wanted) {
            const Room* room = share.provider->room(wanted.first);
            return room && wanted.second <= room->inventory.max_unit && wanted.second <= room->left;
        });
    });
}

// The options of one group, on all anchors.
class GroupSearch {
public:
    GroupSearch(const Model& model, const ResolvedGroup& group, const ResolvedGroup& root)
        : model_(model), wanted_(group), root_(root),
          tree_(group.group().in_tree.empty() ? nullptr : model.provider(group.group().in_tree)) {}

    // Nothing can be found at all, whatever the other groups ask for.
    [[nodiscard]] bool is_hopeless() const {
        const RequestGroup& group = wanted_.group();
        if (!group.in_tree.empty() && !tree_)
            return true;
        if (!group.member_of.empty() &&
            !any([&](const Provider& provider) { return wanted_.is_member(provider.aggregates); }))
            return true;
        return std::any_of(
            wanted_.resources().begin(), wanted_.resources().end(), [&](const auto& amount) {
                return !any([&](const Provider& provider) {
                    return is_in_tree(provider) && provider.has_room(amount.first, amount.second);
                });
            });
    }

    // One provider serves all of it. A group without resources must say what it wants instead.
    // Looks for no more than `enough`.
    [[nodiscard]] std::vector<Option> whole(std::size_t enough) const {
        std::vector<Option> options;
        const bool resourceless = wanted_.resources().empty();
        const auto all = std::make_shared<const Amounts>(wanted_.resources());
        if (resourceless && wanted_.group().required.empty() && wanted_.group().member_of.empty())
            return options;
        for (const auto& [uuid, provider] : model_.providers) {
            if (options.size() >= enough)
                break;
            if (!(resourceless || is_in_tree(provider)) ||
                !has_room_for_all(provider, wanted_.resources()) ||
                !wanted_.traits_match(provider.traits) ||
                !wanted_.aggregates_match(provider.aggregates))
                continue;
            const Provider* own = root_of(provider);
            if (is_anchor(*own))
                options.push_back({own, {{&provider, all}}});
            if (model_.sharing.count(uuid))
                for (const Provider* anchor : anchors_of(provider))
                    if (anchor != own && is_anchor(*anchor))
                        options.push_back({anchor, {{&provider, all}}});
        }
        return options;
    }

    // Each class may come from another provider of the tree, or from one that shares with it.
    [[nodiscard]] std::vector<Option> spread() const {
        struct ByUuid {
            bool operator()(const Provider* a, const Provider* b) const {
                return a->uuid < b->uuid;
            }
        };
        using Sources = std::vector<std::vector<const Provider*>>; // by class
        std::map<const Provider*, Sources, ByUuid> trees;
        std::size_t index = 0;
        for (const auto& [resource_class, amount] : wanted_.resources()) {
            const auto consider = [&](const Provider& provider, const Provider& anchor) {
                if (!is_anchor(anchor) || !is_member_with(provider, anchor))
                    return;
                auto& sources = trees[&anchor];
                sources.resize(wanted_.resources().size());
                auto& of_class = sources[index];
                if (std::find(of_class.begin(), of_class.end(), &provider) == of_class.end())
                    of_class.push_back(&provider);
            };
            for (const auto& [uuid, provider] : model_.providers)
                if (is_in_tree(provider) && provider.has_room(resource_class, amount))
                    consider(provider, *root_of(provider));
            if (!tree_)
                for (const auto& uuid : model_.sharing) {
                    const Provider& provider = *model_.provider(uuid);
                    if (provider.has_room(resource_class, amount) &&
                        wanted_.is_member(provider.aggregates))
                        for (const Provider* anchor : anchors_of(provider))
                            consider(provider, *anchor);
                }
            ++index;
        }
        std::vector<Option> options;
        for (const auto& [anchor, sources] : trees)
            spread_over(anchor, sources, options);
        return options;
    }

private:
    template <typename Test>
    [[nodiscard]] bool any(Test test) const {
        return std::any_of(model_.providers.begin(), model_.providers.end(),
                           [&](const auto& entry) { return test(entry.second); });
    }
    [[nodiscard]] const Provider* root_of(const Provider& provider) const {
        return provider.parent.empty() ? &provider : model_.provider(provider.root);
    }
    [[nodiscard]] bool is_in_tree(const Provider& provider) const {
        return !tree_ || provider.root == tree_->root;
    }
    [[nodiscard]] bool is_anchor(const Provider& root) const {
        return root_.traits_match(root.traits);
    }
    // Membership of the root reaches what is below it.
    [[nodiscard]] bool is_member_with(const Provider& provider, const Provider& anchor) const {
        return (wanted_.is_member(provider.aggregates) || wanted_.is_member(anchor.aggregates)) &&
               !wanted_.is_forbidden_member(provider.aggregates) &&
               !wanted_.is_forbidden_member(anchor.aggregates);
    }
    // The roots of all trees with a member in one of the provider's aggregates.
    [[nodiscard]] std::vector<const Provider*> anchors_of(const Provider& provider) const {
        std::set<std::string> roots;
        for (const auto& aggregate : provider.aggregates)
            if (const auto found = model_.members.find(aggregate); found != model_.members.end())
                for (const auto& member : found->second)
                    roots.insert(model_.provider(member)->root);
        std::vector<const Provider*> anchors;
        for (const auto& root : roots)
            anchors.push_back(model_.provider(root));
        return anchors;
    }

    // The required traits must be there on those it takes from, together, the forbidden ones on
    // none of them.
    void spread_over(const Provider* anchor,
                     const std::vector<std::vector<const Provider*>>& sources,
                     std::vector<Option>& options) const {
        std::vector<Option> partial{Option{anchor, {}}};
        auto resource = wanted_.resources().begin();
        for (const auto& of_class : sources) {
            std::vector<Option> longer;
            const auto amounts = std::make_shared<const Amounts>(Amounts{*resource});
            for (const auto& option : partial)
                for (const Provider* provider : of_class) {
                    if (longer.size() == max_options || wanted_.has_forbidden(provider->traits))
                        continue;
                    longer.push_back(option);
                    add(longer.back().shares, {provider, amounts});
                }
            partial = std::move(longer);
            ++resource;
        }
        for (auto& option : partial) {
            TraitSet together;
            for (const auto& share : option.shares)
                together |= share.provider->traits;
            if (wanted_.has_required(together))
                options.push_back(std::move(option));
        }
    }

    const Model& model_;
    const ResolvedGroup& wanted_;
    const ResolvedGroup& root_;
    const Provider* tree_;
};

// Puts the groups' options together, anchor by anchor.
class Merge {
public:
    Merge(const Model& model, const CandidateQuery& query, std::vector<std::vector<Option>> options)
        : model_(model), query_(query), options_(std::move(options)) {}

    std::vector<Candidate> run() {
        if (options_.size() == 1) {
            for (auto& option : options_.front())
                if (!query_.limit || found_.size() < query_.limit)
                    take_alone(option);
            return std::move(found_);
        }
        std::map<std::string_view, std::vector<std::vector<const Option*>>> trees;
        for (std::size_t group = 0; group < options_.size(); ++group)
            for (const auto& option : options_[group]) {
                auto& tree = trees[option.anchor->uuid];
                tree.resize(options_.size());
                tree[group].push_back(&option);
            }
        for (const auto& [anchor, tree] : trees) {
            tries_ = 0;
            combine(tree);
        }
        return std::move(found_);
    }

private:
    void combine(const std::vector<std::vector<const Option*>>& tree) {
        if ((query_.limit && found_.size() == query_.limit) || tries_ == max_tries)
            return;
        if (chosen_.size() == tree.size()) {
            ++tries_;
            take_chosen();
            return;
        }
        for (const Option* option : tree[chosen_.size()]) {
            chosen_.push_back(option);
            if (is_isolated())
                combine(tree);
            chosen_.pop_back();
        }
    }

    // The only group there is: whether there is room was looked at when the option was found.
    void take_alone(Option& option) {
        Candidate candidate;
        for (const auto& share : option.shares)
            candidate.mappings.push_back({0, share.provider});
        if (!query_.groups.front().resources.empty())
            candidate.allocations = std::move(option.shares);
        offer(std::move(candidate));
    }

    void take_chosen() {
        Candidate candidate;
        for (std::size_t i = 0; i < chosen_.size(); ++i)
            for (const auto& share : chosen_[i]->shares) {
                if (!share.amounts->empty())
                    add(candidate.allocations, share);
                candidate.mappings.push_back({i, share.provider});
            }
        if (has_room_together(candidate.allocations))
            offer(std::move(candidate));
    }

    void offer(Candidate candidate) {
        if (keeps_subtrees(candidate) && is_shown(candidate) && is_new(candidate))
            found_.push_back(std::move(candidate));
    }

    // No two groups with a suffix share a provider.
    [[nodiscard]] bool is_isolated() const {
        const std::size_t last = chosen_.size() - 1;
        if (query_.policy != GroupPolicy::isolate || query_.groups[last].suffix.empty())
            return true;
        for (std::size_t i = 0; i < last; ++i)
            if (!query_.groups[i].suffix.empty() &&
                chosen_[i]->shares.front().provider == chosen_[last]->shares.front().provider)
                return false;
        return true;
    }

    // Of the providers of the named groups, one must be above all the others, or be them.
    [[nodiscard]] bool keeps_subtrees(const Candidate& candidate) const {
        return std::all_of(
            query_.same_subtree.begin(), query_.same_subtree.end(), [&](const auto& suffixes) {
                std::vector<const Provider*> members;
                for (const auto& [group, provider] : candidate.mappings)
                    if (suffixes.count(query_.groups[group].suffix))
                        members.push_back(provider);
                return std::any_of(members.begin(), members.end(), [&](const Provider* top) {
                    return std::all_of(members.begin(), members.end(), [&](const Provider* member) {
                        return model_.is_descendant_or_self(*member, top->uuid);
                    });
                });
            });
    }

    // Clients before 1.29 know no trees: no two providers of one.
    [[nodiscard]] bool is_shown(const Candidate& candidate) const {
        if (query_.nested == NestedProviders::shown || model_.nested == 0)
            return true;
        std::set<std::string_view> roots;
        for (const auto& share : candidate.allocations)
            roots.insert(share.provider->root);
        return roots.size() == candidate.allocations.size();
    }

    // Only a sharing provider is found more than once, under several anchors.
    [[nodiscard]] bool is_new(const Candidate& candidate) {
        if (model_.sharing.empty())
            return true;
        std::map<std::string_view, const Amounts*> allocations;
        for (const auto& share : candidate.allocations)
            allocations[share.provider->uuid] = share.amounts.get();
        std::string key;
        for (const auto& [uuid, amounts] : allocations) {
            key += uuid;
            for (const auto& [resource_class, amount] : *amounts)
                key += fmt::format(":{}={}", resource_class, amount);
        }
        std::set<std::pair<std::size_t, std::string_view>> servings;
        for (const auto& [group, provider] : candidate.mappings)
            servings.emplace(group, provider->uuid);
        for (const auto& [group, uuid] : servings)
            key += fmt::format(";{}:{}", group, uuid);
        return seen_.insert(std::move(key)).second;
    }

    const Model& model_;
    const CandidateQuery& query_;
    std::vector<std::vector<Option>> options_;
    std::vector<const Option*> chosen_;
    std::vector<Candidate> found_;
    std::set<std::string> seen_;
    std::size_t tries_ = 0;
};

} // namespace

Outcome<std::vector<Candidate>> find_candidates(const Model& model, const CandidateQuery& query) {
    const auto unknown_trait = [](const std::string& name) {
        return refuse(400, fmt::format("No such trait(s): {}.", name));
    };
    const ResolvedGroup root(model, query.root);
    if (!root.unknown_trait().empty())
        return unknown_trait(root.unknown_trait());
    // Alone, and where nothing is shared, each option is a candidate of its own.
    const std::size_t enough = query.limit && query.groups.size() == 1 && model.sharing.empty()
                                   ? query.limit
                                   : std::numeric_limits<std::size_t>::max();
    std::vector<std::vector<Option>> options;
    for (const auto& group : query.groups) {
        const ResolvedGroup wanted(model, group);
        if (!wanted.unknown_class().empty())
            return refuse(400, fmt::format("Invalid resource class in resources parameter: No such "
                                           "resource class {}.",
                                           wanted.unknown_class()));
        if (!wanted.unknown_trait().empty())
            return unknown_trait(wanted.unknown_trait());
        const GroupSearch search(model, wanted, root);
        if (search.is_hopeless())
            return std::vector<Candidate>();
        const bool may_spread =
            group.suffix.empty() && (model.nested > 0 || !model.sharing.empty());
        options.push_back(may_spread ? search.spread() : search.whole(enough));
        if (options.back().empty())
            return std::vector<Candidate>();
    }
    return Merge(model, query, std::move(options)).run();
}

} // namespace vtpmlab::fakes::placement
