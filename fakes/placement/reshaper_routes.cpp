// POST /reshaper: inventories and allocations of several providers and consumers at once, as a
// compute host needs it that moves inventory between providers of its tree while servers run there.

#include "placement/allocations.h"
#include "placement/inventories.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::placement {

namespace {

using Inventories = std::map<int, Inventory>;

// The new inventories by provider, checked against the providers that are there.
Outcome<std::map<std::string, Inventories>> parsed(const Model& model, const Json& body) {
    std::map<std::string, Inventories> wanted;
    for (const auto& [uuid, part] : body.items()) {
        const Provider* provider = model.provider(uuid);
        if (!provider)
            return refuse(400,
                          fmt::format("Resource provider {} in inventories not found: No resource "
                                      "provider with uuid {} found",
                                      uuid, uuid),
                          provider_not_found);
        const auto generation = part["resource_provider_generation"].get<std::int64_t>();
        if (generation != provider->generation)
            return refuse(409,
                          fmt::format("resource provider generation conflict for provider {}: "
                                      "actual: {}, given: {}",
                                      uuid, provider->generation, generation),
                          concurrent_update);
        wanted[uuid];
    }
    return wanted;
}

Outcome<void> fill(const Model& model, const Json& body,
                   std::map<std::string, Inventories>& wanted) {
    for (const auto& [uuid, part] : body.items())
        for (const auto& [name, value] : part["inventories"].items()) {
            const auto resource_class = model.classes.find(name);
            if (!resource_class)
                return refuse(
                    400, fmt::format("malformed reshaper data: No such resource class {}.", name));
            VTPMLAB_TRY(wanted[uuid][*resource_class], parsed_inventory(value));
        }
    return {};
}

Outcome<Response> reshape(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Json body, checked_body(request, schemas::reshaper(minor_of(request))));
    auto change = parts.store.change();
    const Model& model = *change;
    VTPMLAB_TRY(auto inventories, parsed(model, body["inventories"]));
    AllocationDraft draft(model);
    std::vector<WantedConsumer> consumers;
    for (const auto& [uuid, wanted] : body["allocations"].items())
        consumers.push_back(wanted_consumer(uuid, wanted, request));
    VTPMLAB_CHECK(draft.check_generations(consumers));
    VTPMLAB_CHECK(draft.check_providers(consumers, change));
    VTPMLAB_CHECK(fill(model, body["inventories"], inventories));
    // What was there stays until the allocations have moved; a generation for each step.
    for (const auto& [uuid, inventory] : inventories) {
        if (inventory.empty())
            continue;
        Provider& provider = draft.edit(uuid);
        for (const auto& [resource_class, value] : inventory)
            provider.inventories[resource_class] = value;
        ++provider.generation;
    }
    VTPMLAB_CHECK(draft.replace(consumers, "malformed reshaper data: "));
    for (auto& [uuid, inventory] : inventories) {
        Provider& provider = draft.edit(uuid);
        if (const auto in_use = removal_in_use(model, provider, inventory); !in_use.empty())
            return refuse(409, "update conflict: " + in_use, inventory_in_use);
        provider.inventories = std::move(inventory);
        ++provider.generation;
    }
    std::move(draft).write(change);
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> reshaper_routes(Parts parts) {
    return {route("POST", "/reshaper", parts, reshape, {30, "placement:reshaper:reshape"})};
}

} // namespace vtpmlab::fakes::placement
