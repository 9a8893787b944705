#include "placement/allocations.h"

#include "placement/routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace vtpmlab::fakes::placement {

namespace {

// Consumers of the versions that did not know projects.
constexpr const char* nobody = "00000000-0000-0000-0000-000000000000";

WantedConsumer::Part part_of(const std::string& provider, const Json& resources) {
    WantedConsumer::Part part{provider, {}};
    for (const auto& [name, amount] : resources.items())
        part.resources.emplace_back(name, amount.get<std::int64_t>());
    return part;
}

std::string shown(const std::optional<std::int64_t>& generation) {
    return generation ? std::to_string(*generation) : "None";
}

} // namespace

WantedConsumer wanted_consumer(const std::string& uuid, const Json& body, const Request& request) {
    WantedConsumer wanted;
    wanted.uuid = uuid;
    wanted.project_id = body.value("project_id", nobody);
    wanted.user_id = body.value("user_id", nobody);
    if (at_least(request, 38))
        wanted.type = body["consumer_type"].get<std::string>();
    if (at_least(request, 28)) {
        const Json& generation = body["consumer_generation"];
        wanted.generation = generation.is_null()
                                ? std::optional<std::int64_t>()
                                : std::optional<std::int64_t>(generation.get<std::int64_t>());
    }
    const Json& allocations = body["allocations"];
    if (allocations.is_object()) {
        for (const auto& [provider, value] : allocations.items())
            wanted.parts.push_back(part_of(provider, value["resources"]));
        return wanted;
    }
    // A list, before 1.12: a provider that comes twice counts as it comes last.
    for (const auto& item : allocations) {
        const auto provider = item["resource_provider"]["uuid"].get<std::string>();
        std::erase_if(wanted.parts, [&](const auto& part) { return part.provider == provider; });
        wanted.parts.push_back(part_of(provider, item["resources"]));
    }
    return wanted;
}

const Provider* AllocationDraft::provider(const std::string& uuid) const {
    const auto found = providers_.find(uuid);
    return found == providers_.end() ? model_.provider(uuid) : &found->second;
}

Provider& AllocationDraft::edit(const std::string& uuid) {
    const auto found = providers_.find(uuid);
    return found == providers_.end()
               ? providers_.emplace(uuid, *model_.provider(uuid)).first->second
               : found->second;
}

Outcome<void> AllocationDraft::check_generation(const WantedConsumer& wanted) const {
    if (!wanted.generation)
        return {};
    const Consumer* known = model_.consumer(wanted.uuid);
    const auto expected = known ? std::optional(known->generation) : std::nullopt;
    if (*wanted.generation == expected)
        return {};
    return refuse(409,
                  fmt::format("consumer generation conflict - expected {} but got {}",
                              expected ? std::to_string(*expected) : "null",
                              shown(*wanted.generation)),
                  concurrent_update);
}

Outcome<void>
AllocationDraft::check_generations(const std::vector<WantedConsumer>& consumers) const {
    for (const auto& wanted : consumers)
        VTPMLAB_CHECK(check_generation(wanted));
    return {};
}

Outcome<void> AllocationDraft::check_providers(const std::vector<WantedConsumer>& consumers,
                                               Store::Change& change) const {
    for (const auto& wanted : consumers)
        for (const auto& part : wanted.parts) {
            if (provider(part.provider))
                continue;
            for (const auto& made : consumers)
                if (!model_.consumer(made.uuid))
                    change.put(Consumer{
                        made.uuid, made.project_id, made.user_id, made.type.value_or(""), 0, {}});
            change.commit();
            return refuse(400,
                          fmt::format("Allocation for resource provider '{}' that does not exist.",
                                      part.provider));
        }
    return {};
}

void AllocationDraft::release(const Consumer& consumer) {
    for (const auto& [uuid, amounts] : consumer.allocations)
        for (const auto& [resource_class, amount] : amounts)
            edit(uuid).used[resource_class] -= amount;
}

// What is said of the request as a whole, before any amount is looked at.
Outcome<void> AllocationDraft::check_classes(const std::vector<WantedConsumer>& consumers,
                                             const std::string& unknown_class) const {
    std::set<int> classes;
    std::set<std::string> uuids;
    for (const auto& wanted : consumers)
        for (const auto& part : wanted.parts) {
            uuids.insert(part.provider);
            for (const auto& [name, amount] : part.resources) {
                const auto id = model_.classes.find(name);
                if (!id)
                    return refuse(400,
                                  fmt::format("{}No such resource class {}.", unknown_class, name));
                classes.insert(*id);
            }
        }
    std::vector<std::string> without;
    for (const auto& uuid : uuids) {
        const auto& inventories = provider(uuid)->inventories;
        if (std::none_of(classes.begin(), classes.end(),
                         [&](int id) { return inventories.count(id) > 0; }))
            without.push_back(uuid);
    }
    if (without.empty())
        return {};
    std::vector<std::string> names;
    for (const int id : classes)
        names.push_back(model_.classes.text(id));
    return refuse(409, fmt::format("Unable to allocate inventory: Inventory for '{}' on resource "
                                   "provider '{}' invalid.",
                                   fmt::join(names, ", "), fmt::join(without, ", ")));
}

Outcome<void> AllocationDraft::take(const WantedConsumer& wanted, Consumer& consumer) {
    for (const auto& part : wanted.parts)
        for (const auto& [name, amount] : part.resources) {
            const int resource_class = *model_.classes.find(name);
            Provider& from = edit(part.provider);
            const auto inventory = from.inventories.find(resource_class);
            if (inventory == from.inventories.end())
                return refuse(409, fmt::format("Unable to allocate inventory: Inventory for '{}' "
                                               "on resource provider '{}' invalid.",
                                               name, part.provider));
            // Not by reference: Clang before 16 captures no structured binding.
            const auto cannot = [&, of = name](const char* why) {
                return refuse(409, fmt::format("Unable to allocate inventory: Unable to create "
                                               "allocation for '{}' on resource provider '{}'. The "
                                               "requested amount would {}.",
                                               of, part.provider, why));
            };
            if (!inventory->second.allows(amount))
                return cannot("violate inventory constraints");
            std::int64_t& used = from.used[resource_class];
            if (used + amount > inventory->second.capacity())
                return cannot("exceed the capacity");
            used += amount;
            consumer.allocations[part.provider][resource_class] = amount;
        }
    return {};
}

Outcome<void> AllocationDraft::replace(const std::vector<WantedConsumer>& consumers,
                                       const std::string& unknown_class) {
    std::set<std::string> touched; // each gets one new generation
    for (const auto& wanted : consumers)
        if (const Consumer* known = model_.consumer(wanted.uuid)) {
            release(*known);
            if (wanted.parts.empty())
                for (const auto& [uuid, amounts] : known->allocations)
                    touched.insert(uuid);
        }
    VTPMLAB_CHECK(check_classes(consumers, unknown_class));
    for (const auto& wanted : consumers) {
        const Consumer* known = model_.consumer(wanted.uuid);
        Consumer consumer;
        consumer.uuid = wanted.uuid;
        consumer.project_id = wanted.project_id;
        consumer.user_id = wanted.user_id;
        consumer.type = wanted.type ? *wanted.type : known ? known->type : "";
        // A new consumer that asks for nothing is remembered all the same, in its generation 0.
        const bool counts = !wanted.parts.empty() || (known && !known->allocations.empty());
        consumer.generation = (known ? known->generation : 0) + (counts ? 1 : 0);
        VTPMLAB_CHECK(take(wanted, consumer));
        for (const auto& part : wanted.parts)
            touched.insert(part.provider);
        consumers_.push_back(std::move(consumer));
    }
    for (const auto& uuid : touched)
        ++edit(uuid).generation;
    return {};
}

void AllocationDraft::write(Store::Change& change) && {
    for (auto& consumer : consumers_) {
        const Consumer* known = model_.consumer(consumer.uuid);
        if (consumer.allocations.empty() && known && !known->allocations.empty())
            change.erase_consumer(consumer.uuid);
        else
            change.put(std::move(consumer));
    }
    for (auto& [uuid, provider] : providers_)
        if (provider.generation != model_.provider(uuid)->generation)
            change.put(std::move(provider));
    change.commit();
}

} // namespace vtpmlab::fakes::placement
