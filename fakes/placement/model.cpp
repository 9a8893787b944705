#include "placement/model.h"

#include <algorithm>

namespace vtpmlab::fakes::placement {

int Names::intern(std::string_view name) {
    const auto [found, added] =
        ids_.try_emplace(std::string(name), static_cast<int>(texts_.size()));
    if (added) {
        texts_.emplace_back(name);
        exists_.push_back(true);
    }
    exists_[static_cast<std::size_t>(found->second)] = true;
    return found->second;
}

std::optional<int> Names::find(std::string_view name) const {
    const auto found = ids_.find(std::string(name));
    if (found == ids_.end() || !exists_[static_cast<std::size_t>(found->second)])
        return std::nullopt;
    return found->second;
}

std::vector<std::string> Names::all() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < texts_.size(); ++i)
        if (exists_[i])
            names.push_back(texts_[i]);
    std::sort(names.begin(), names.end());
    return names;
}

void TraitSet::insert(int id) {
    const auto word = static_cast<std::size_t>(id) / 64;
    if (word >= words_.size())
        words_.resize(word + 1);
    words_[word] |= std::uint64_t{1} << (id % 64);
}

bool TraitSet::contains(int id) const {
    const auto word = static_cast<std::size_t>(id) / 64;
    return word < words_.size() && (words_[word] >> (id % 64) & 1) != 0;
}

std::vector<int> TraitSet::ids() const {
    std::vector<int> found;
    for (int id = 0; id < static_cast<int>(words_.size() * 64); ++id)
        if (contains(id))
            found.push_back(id);
    return found;
}

TraitSet& TraitSet::operator|=(const TraitSet& other) {
    if (other.words_.size() > words_.size())
        words_.resize(other.words_.size());
    for (std::size_t i = 0; i < other.words_.size(); ++i)
        words_[i] |= other.words_[i];
    return *this;
}

bool Provider::has_room(int resource_class, std::int64_t amount) const {
    const auto inventory = inventories.find(resource_class);
    if (inventory == inventories.end() || !inventory->second.allows(amount))
        return false;
    const auto taken = used.find(resource_class);
    return (taken == used.end() ? 0 : taken->second) + amount <= inventory->second.capacity();
}

const Provider* Model::provider(std::string_view uuid) const {
    const auto found = providers.find(std::string(uuid));
    return found == providers.end() ? nullptr : &found->second;
}

const Consumer* Model::consumer(std::string_view uuid) const {
    const auto found = consumers.find(std::string(uuid));
    return found == consumers.end() ? nullptr : &found->second;
}

std::vector<const Provider*> Model::tree_of(const std::string& root) const {
    std::vector<const Provider*> tree;
    if (const Provider* top = provider(root))
        tree.push_back(top);
    for (std::size_t i = 0; i < tree.size(); ++i)
        for (const auto& child : tree[i]->children)
            if (const Provider* below = provider(child))
                tree.push_back(below);
    return tree;
}

bool Model::is_descendant_or_self(const Provider& provider_, const std::string& ancestor) const {
    for (const Provider* at = &provider_; at;
         at = at->parent.empty() ? nullptr : provider(at->parent))
        if (at->uuid == ancestor)
            return true;
    return false;
}

void Model::put(Provider changed) {
    const auto unlink = [this](const std::string& parent, const std::string& uuid) {
        if (const auto found = providers.find(parent); found != providers.end())
            std::erase(found->second.children, uuid);
    };
    const std::string uuid = changed.uuid, parent = changed.parent;
    if (const auto old = providers.find(uuid); old != providers.end()) {
        provider_names.erase(old->second.name);
        if (old->second.parent != parent)
            unlink(old->second.parent, uuid);
    }
    provider_names[changed.name] = uuid;
    providers[uuid] = std::move(changed);
    if (const auto above = providers.find(parent); above != providers.end()) {
        auto& children = above->second.children;
        if (std::find(children.begin(), children.end(), uuid) == children.end())
            children.push_back(uuid);
    }
}

void Model::erase_provider(const std::string& uuid) {
    const auto found = providers.find(uuid);
    if (found == providers.end())
        return;
    if (const auto above = providers.find(found->second.parent); above != providers.end())
        std::erase(above->second.children, uuid);
    provider_names.erase(found->second.name);
    providers.erase(found);
}

void Model::put(Consumer changed) {
    const std::string uuid = changed.uuid;
    const auto count = [&](const Consumer& consumer, std::int64_t sign) {
        for (const auto& [provider_uuid, amounts] : consumer.allocations) {
            const auto found = providers.find(provider_uuid);
            if (found == providers.end())
                continue;
            for (const auto& [resource_class, amount] : amounts)
                found->second.used[resource_class] += sign * amount;
            if (sign > 0)
                found->second.consumers.insert(uuid);
            else
                found->second.consumers.erase(uuid);
        }
    };
    if (const auto old = consumers.find(uuid); old != consumers.end()) {
        count(old->second, -1);
        consumers.erase(old);
    }
    if (changed.allocations.empty())
        return;
    count(changed, +1);
    consumers.emplace(uuid, std::move(changed));
}

} // namespace vtpmlab::fakes::placement
