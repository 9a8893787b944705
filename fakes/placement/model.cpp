#include "placement/model.h"

#include "placement/summary.h"

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

void Names::rename(int id, const std::string& name) {
    // The number under which the new name was known before, if it was, stays forgotten.
    ids_.erase(text(id));
    ids_[name] = id;
    texts_[static_cast<std::size_t>(id)] = name;
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

std::int64_t Provider::used_of(int resource_class) const {
    const auto found = used.find(resource_class);
    return found == used.end() ? 0 : found->second;
}

const Room* Provider::room(int resource_class) const {
    const auto found = std::find_if(rooms.begin(), rooms.end(), [&](const Room& room_) {
        return room_.resource_class == resource_class;
    });
    return found == rooms.end() ? nullptr : &*found;
}

bool Provider::has_room(int resource_class, std::int64_t amount) const {
    const Room* found = room(resource_class);
    return found && found->inventory.allows(amount) && amount <= found->left;
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

void Model::forget_links(const Provider& provider_) {
    if (const auto above = providers.find(provider_.parent); above != providers.end())
        std::erase(above->second.children, provider_.uuid);
    provider_names.erase(provider_.name);
    for (const auto& aggregate : provider_.aggregates)
        if (const auto found = members.find(aggregate); found != members.end()) {
            found->second.erase(provider_.uuid);
            if (found->second.empty())
                members.erase(found);
        }
    sharing.erase(provider_.uuid);
    nested -= provider_.parent.empty() ? 0 : 1;
}

void Model::refresh(Provider& provider_) const {
    provider_.rooms.clear();
    for (const auto& [resource_class, inventory] : provider_.inventories)
        provider_.rooms.push_back(
            {resource_class, inventory, inventory.capacity() - provider_.used_of(resource_class)});
    provider_.summary = provider_summary(*this, provider_);
}

void Model::rename_class(int id, const std::string& name) {
    classes.rename(id, name);
    for (auto& [uuid, provider_] : providers)
        if (provider_.inventories.count(id))
            refresh(provider_);
}

void Model::put(Provider changed) {
    Provider& now = providers[changed.uuid];
    if (!now.uuid.empty())
        forget_links(now);
    now = std::move(changed);
    refresh(now);
    provider_names[now.name] = now.uuid;
    for (const auto& aggregate : now.aggregates)
        members[aggregate].insert(now.uuid);
    if (const auto shares = traits.find("MISC_SHARES_VIA_AGGREGATE");
        shares && now.traits.contains(*shares))
        sharing.insert(now.uuid);
    nested += now.parent.empty() ? 0 : 1;
    if (const auto above = providers.find(now.parent); above != providers.end())
        above->second.children.push_back(now.uuid);
}

void Model::erase_provider(const std::string& uuid) {
    const auto found = providers.find(uuid);
    if (found == providers.end())
        return;
    forget_links(found->second);
    providers.erase(found);
}

void Model::count(const Consumer& consumer_, std::int64_t sign) {
    for (const auto& [uuid, amounts] : consumer_.allocations) {
        const auto found = providers.find(uuid);
        if (found == providers.end())
            continue;
        Provider& from = found->second;
        for (const auto& [resource_class, amount] : amounts)
            from.used[resource_class] += sign * amount;
        if (sign > 0)
            from.consumers.insert(consumer_.uuid);
        else
            from.consumers.erase(consumer_.uuid);
        refresh(from);
    }
}

void Model::put(Consumer changed) {
    erase_consumer(changed.uuid);
    count(changed, +1);
    const std::string uuid = changed.uuid;
    consumers.emplace(uuid, std::move(changed));
}

void Model::erase_consumer(const std::string& uuid) {
    const auto found = consumers.find(uuid);
    if (found == consumers.end())
        return;
    count(found->second, -1);
    consumers.erase(found);
}

} // namespace vtpmlab::fakes::placement
