// Inventories and usages of one provider.

#include "placement/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

constexpr const char* one_inventory = R"({
  "type": "object", "required": ["total"],
  "properties": {"total": {"type": "integer", "minimum": 1, "maximum": 2147483647},
                 "reserved": {"type": "integer", "minimum": 0, "maximum": 2147483647},
                 "min_unit": {"type": "integer", "minimum": 1, "maximum": 2147483647},
                 "max_unit": {"type": "integer", "minimum": 1, "maximum": 2147483647},
                 "step_size": {"type": "integer", "minimum": 1, "maximum": 2147483647},
                 "allocation_ratio": {"type": "number", "maximum": 3.40282e+38},
                 "resource_provider_generation": {"type": "integer"},
                 "resource_class": {"type": "string", "pattern": "^[A-Z0-9_]+$"}},
  "additionalProperties": false})";

const char* all_schema() {
    static const std::string text = fmt::format(
        R"({{"type": "object", "required": ["resource_provider_generation", "inventories"],
             "additionalProperties": false,
             "properties": {{"resource_provider_generation": {{"type": "integer"}},
               "inventories": {{"type": "object", "patternProperties": {{"^[A-Z0-9_]+$": {}}},
                                "additionalProperties": false}}}}}})",
        one_inventory);
    return text.c_str();
}

json body_of(const Inventory& inventory) {
    return {{"total", inventory.total},         {"reserved", inventory.reserved},
            {"min_unit", inventory.min_unit},   {"max_unit", inventory.max_unit},
            {"step_size", inventory.step_size}, {"allocation_ratio", inventory.allocation_ratio}};
}

json all_of(const Model& model, const Provider& provider) {
    auto inventories = json::object();
    for (const auto& [resource_class, inventory] : provider.inventories)
        inventories[model.classes.text(resource_class)] = body_of(inventory);
    return {{"resource_provider_generation", provider.generation},
            {"inventories", std::move(inventories)}};
}

Outcome<Inventory> parsed(const json& body, const std::string& resource_class,
                          const Provider& provider, const Request& request) {
    Inventory inventory;
    inventory.total = body["total"];
    inventory.reserved = body.value("reserved", inventory.reserved);
    inventory.min_unit = body.value("min_unit", inventory.min_unit);
    inventory.max_unit = body.value("max_unit", inventory.max_unit);
    inventory.step_size = body.value("step_size", inventory.step_size);
    inventory.allocation_ratio = body.value("allocation_ratio", inventory.allocation_ratio);
    // From 1.26 on everything may be reserved.
    const bool too_much = at_least(request, 26) ? inventory.reserved > inventory.total
                                                : inventory.reserved >= inventory.total;
    if (too_much)
        return refuse(
            400,
            fmt::format("Unable to update inventory for resource provider {}: Invalid inventory "
                        "for '{}' on resource provider '{}'. The reserved value is greater than{} "
                        "total.",
                        provider.uuid, resource_class, provider.uuid,
                        at_least(request, 26) ? "" : " or equal to"));
    return inventory;
}

tl::unexpected<http::Fault> generation_conflict() {
    return refuse(409, "resource provider generation conflict", concurrent_update);
}

tl::unexpected<http::Fault> in_use(const std::string& resource_class, const Provider& provider) {
    return refuse(
        409,
        fmt::format("update conflict: Inventory for '{}' on resource provider '{}' in use.",
                    resource_class, provider.uuid),
        inventory_in_use);
}

bool is_used(const Provider& provider, int resource_class) {
    const auto used = provider.used.find(resource_class);
    return used != provider.used.end() && used->second > 0;
}

Outcome<Response> show_all(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    return fresh_json(200, all_of(*model, *provider), request, parts);
}

Outcome<Response> set_all(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    if (body["resource_provider_generation"] != old->generation)
        return generation_conflict();
    Provider provider = *old;
    provider.inventories.clear();
    for (const auto& [name, value] : body["inventories"].items()) {
        const auto resource_class = change->classes.find(name);
        if (!resource_class)
            return refuse(
                400, fmt::format("Unknown resource class in inventory for resource provider {}: "
                                 "No such resource class {}.",
                                 provider.uuid, name));
        VTPMLAB_TRY(provider.inventories[*resource_class], parsed(value, name, provider, request));
    }
    for (const auto& [resource_class, inventory] : old->inventories)
        if (!provider.inventories.count(resource_class) && is_used(*old, resource_class))
            return in_use(change->classes.text(resource_class), provider);
    ++provider.generation;
    const json answer = all_of(*change, provider);
    change.put(std::move(provider));
    change.commit();
    return fresh_json(200, answer, request, parts);
}

Outcome<Response> clear_all(Parts parts, const Request& request) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    for (const auto& [resource_class, inventory] : old->inventories)
        if (is_used(*old, resource_class))
            return in_use(change->classes.text(resource_class), *old);
    Provider provider = *old;
    provider.inventories.clear();
    ++provider.generation;
    change.put(std::move(provider));
    change.commit();
    return Response::empty(204);
}

tl::unexpected<http::Fault> no_inventory(const std::string& resource_class,
                                         const std::string& uuid) {
    return refuse(404, fmt::format("No inventory of class {} for {}", resource_class, uuid));
}

Outcome<Response> show_one(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    const auto resource_class = model->classes.find(request.parameter("class"));
    const auto found =
        resource_class ? provider->inventories.find(*resource_class) : provider->inventories.end();
    if (found == provider->inventories.end())
        return no_inventory(request.parameter("class"), provider->uuid);
    json body = body_of(found->second);
    body["resource_provider_generation"] = provider->generation;
    return fresh_json(200, body, request, parts);
}

enum class Expect { absent, present };

Outcome<Response> write_one(Parts parts, const Request& request, const std::string& name,
                            const json& body, Expect expect) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    if (body.contains("resource_provider_generation") &&
        body["resource_provider_generation"] != old->generation)
        return generation_conflict();
    const auto resource_class = change->classes.find(name);
    if (!resource_class)
        return refuse(400, fmt::format("No such resource class {}.", name));
    const bool there = old->inventories.count(*resource_class) > 0;
    if (there && expect == Expect::absent)
        return refuse(409,
                      fmt::format("Update conflict: {} already exists on {}", name, old->uuid));
    if (!there && expect == Expect::present)
        return refuse(400, fmt::format("No inventory record with resource class {}", name));
    Provider provider = *old;
    VTPMLAB_TRY(const Inventory inventory, parsed(body, name, provider, request));
    provider.inventories[*resource_class] = inventory;
    ++provider.generation;
    json answer = body_of(inventory);
    answer["resource_provider_generation"] = provider.generation;
    const std::string location = fmt::format("{}/resource_providers/{}/inventories/{}",
                                             request.base_url, provider.uuid, name);
    change.put(std::move(provider));
    change.commit();
    auto response = fresh_json(expect == Expect::absent ? 201 : 200, answer, request, parts);
    if (expect == Expect::absent)
        response.with("Location", location);
    return response;
}

Outcome<Response> add_one(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.contains("resource_class"))
        return refuse(400, "JSON does not validate: 'resource_class' is a required property");
    return write_one(parts, request, body["resource_class"], body, Expect::absent);
}

Outcome<Response> set_one(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.contains("resource_provider_generation"))
        return refuse(
            400, "JSON does not validate: 'resource_provider_generation' is a required property");
    return write_one(parts, request, request.parameter("class"), body, Expect::present);
}

Outcome<Response> remove_one(Parts parts, const Request& request) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    const auto resource_class = change->classes.find(request.parameter("class"));
    if (!resource_class || !old->inventories.count(*resource_class))
        return refuse(404, fmt::format("No inventory of class {} found for delete",
                                       request.parameter("class")));
    if (is_used(*old, *resource_class))
        return in_use(request.parameter("class"), *old);
    Provider provider = *old;
    provider.inventories.erase(*resource_class);
    ++provider.generation;
    change.put(std::move(provider));
    change.commit();
    return Response::empty(204);
}

Outcome<Response> usages(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    auto found = json::object();
    for (const auto& [resource_class, inventory] : provider->inventories) {
        const auto used = provider->used.find(resource_class);
        found[model->classes.text(resource_class)] =
            used == provider->used.end() ? 0 : used->second;
    }
    return fresh_json(
        200, {{"resource_provider_generation", provider->generation}, {"usages", std::move(found)}},
        request, parts);
}

} // namespace

std::vector<http::Route> inventory_routes(Parts parts) {
    return {
        route("GET", "/resource_providers/{uuid}/inventories", parts, show_all),
        route("PUT", "/resource_providers/{uuid}/inventories", parts, set_all, {1, 0},
              all_schema()),
        route("POST", "/resource_providers/{uuid}/inventories", parts, add_one, {1, 0},
              one_inventory),
        route("DELETE", "/resource_providers/{uuid}/inventories", parts, clear_all, {1, 5}),
        route("GET", "/resource_providers/{uuid}/inventories/{class}", parts, show_one),
        route("PUT", "/resource_providers/{uuid}/inventories/{class}", parts, set_one, {1, 0},
              one_inventory),
        route("DELETE", "/resource_providers/{uuid}/inventories/{class}", parts, remove_one),
        route("GET", "/resource_providers/{uuid}/usages", parts, usages),
    };
}

} // namespace vtpmlab::fakes::placement
