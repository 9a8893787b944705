#include "placement/candidates.h"

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

// One way to serve one group inside one tree.
struct Option {
    std::vector<std::pair<const Provider*, Amounts>> parts;
};

using Tree = std::vector<const Provider*>;

bool has_room_for_all(const Provider& provider, const Amounts& amounts) {
    return std::all_of(amounts.begin(), amounts.end(), [&](const auto& amount) {
        return provider.has_room(amount.first, amount.second);
    });
}

class Search {
public:
    Search(const Model& model, const CandidateQuery& query, const Tree& tree,
           std::vector<Candidate>& found)
        : model_(model), query_(query), tree_(tree), found_(found),
          end_(found.size() + max_per_tree) {}

    void run() {
        options_.clear();
        for (const auto& group : query_.groups) {
            options_.push_back(group.suffix.empty() ? spread(group) : single(group));
            if (options_.back().empty())
                return;
        }
        chosen_.clear();
        combine();
    }

private:
    // A group with a suffix is served by one provider, whole.
    std::vector<Option> single(const RequestGroup& group) const {
        std::vector<Option> options;
        for (const Provider* provider : tree_)
            if (group.traits_match(provider->traits) &&
                group.aggregates_match(provider->aggregates) &&
                has_room_for_all(*provider, group.resources))
                options.push_back({{{provider, group.resources}}});
        return options;
    }

    // The plain group may take each class from another provider of the tree; its traits must be
    // there on those it takes from, together, and the forbidden ones on none.
    std::vector<Option> spread(const RequestGroup& group) const {
        // Membership counts for the root and reaches what is below it.
        if (!group.aggregates_match(tree_.front()->aggregates))
            return {};
        std::vector<Option> options{Option{}};
        for (const auto& [resource_class, amount] : group.resources) {
            std::vector<Option> longer;
            for (const auto& option : options)
                for (const Provider* provider : tree_)
                    if (longer.size() < max_per_tree &&
                        provider->has_room(resource_class, amount)) {
                        longer.push_back(option);
                        add(longer.back().parts, provider, {{resource_class, amount}});
                    }
            options = std::move(longer);
        }
        std::erase_if(options, [&](const Option& option) {
            TraitSet together;
            for (const auto& [provider, amounts] : option.parts)
                together |= provider->traits;
            return !group.traits_match(together);
        });
        return options;
    }

    static void add(std::vector<std::pair<const Provider*, Amounts>>& parts,
                    const Provider* provider, const Amounts& amounts) {
        auto part = std::find_if(parts.begin(), parts.end(),
                                 [&](const auto& known) { return known.first == provider; });
        if (part == parts.end())
            part = parts.insert(parts.end(), {provider, {}});
        for (const auto& [resource_class, amount] : amounts)
            part->second[resource_class] += amount;
    }

    void combine() {
        if (found_.size() >= end_ || (query_.limit && found_.size() >= query_.limit))
            return;
        if (chosen_.size() < options_.size()) {
            for (const auto& option : options_[chosen_.size()]) {
                chosen_.push_back(&option);
                if (keeps_policy())
                    combine();
                chosen_.pop_back();
            }
            return;
        }
        Candidate candidate;
        for (std::size_t i = 0; i < chosen_.size(); ++i) {
            auto& mapping = candidate.mappings.emplace_back(query_.groups[i].suffix,
                                                            std::vector<const Provider*>());
            for (const auto& [provider, amounts] : chosen_[i]->parts) {
                add(candidate.allocations, provider, amounts);
                mapping.second.push_back(provider);
            }
        }
        // Two groups may have found the same room.
        for (const auto& [provider, amounts] : candidate.allocations)
            if (!has_room_for_all(*provider, amounts))
                return;
        if (keeps_subtrees(candidate))
            found_.push_back(std::move(candidate));
    }

    // Isolated: no two groups with a suffix share a provider.
    [[nodiscard]] bool keeps_policy() const {
        const std::size_t last = chosen_.size() - 1;
        if (query_.policy != GroupPolicy::isolate || query_.groups[last].suffix.empty())
            return true;
        for (std::size_t i = 0; i < last; ++i)
            if (!query_.groups[i].suffix.empty() &&
                chosen_[i]->parts.front().first == chosen_[last]->parts.front().first)
                return false;
        return true;
    }

    // Of the providers of the named groups, one must be above all the others, or be them.
    [[nodiscard]] bool keeps_subtrees(const Candidate& candidate) const {
        return std::all_of(
            query_.same_subtree.begin(), query_.same_subtree.end(),
            [&](const std::vector<std::string>& suffixes) {
                Tree members;
                for (const auto& [suffix, providers] : candidate.mappings)
                    if (std::find(suffixes.begin(), suffixes.end(), suffix) != suffixes.end())
                        members.insert(members.end(), providers.begin(), providers.end());
                return std::any_of(members.begin(), members.end(), [&](const Provider* top) {
                    return std::all_of(members.begin(), members.end(), [&](const Provider* member) {
                        return model_.is_descendant_or_self(*member, top->uuid);
                    });
                });
            });
    }

    const Model& model_;
    const CandidateQuery& query_;
    const Tree& tree_;
    std::vector<Candidate>& found_;
    std::size_t end_;
    std::vector<std::vector<Option>> options_;
    std::vector<const Option*> chosen_;
};

bool tree_is_asked_for(const Model& model, const CandidateQuery& query, const std::string& root) {
    return std::all_of(query.groups.begin(), query.groups.end(), [&](const RequestGroup& group) {
        if (group.in_tree.empty())
            return true;
        const Provider* inside = model.provider(group.in_tree);
        return inside && inside->root == root;
    });
}

} // namespace

std::vector<Candidate> find_candidates(const Model& model, const CandidateQuery& query) {
    std::vector<Candidate> found;
    for (const auto& [uuid, provider] : model.providers) {
        if (!provider.parent.empty())
            continue;
        if (query.limit && found.size() >= query.limit)
            break;
        if (!query.root.traits_match(provider.traits) || !tree_is_asked_for(model, query, uuid))
            continue;
        const Tree tree = provider.children.empty() ? Tree{&provider} : model.tree_of(uuid);
        Search(model, query, tree, found).run();
    }
    return found;
}

} // namespace vtpmlab::fakes::placement
