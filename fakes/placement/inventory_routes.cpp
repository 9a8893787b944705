// Inventories of one provider: all at once, or one class of it.

#include "placement/inventories.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vtpmlab::fakes::placement {

namespace {

json body_of(const Inventory& inventory) {
    return {{"total", inventory.total},         {"reserved", inventory.reserved},
            {"min_unit", inventory.min_unit},   {"max_unit", inventory.max_unit},
            {"step_size", inventory.step_size}, {"allocation_ratio", inventory.allocation_ratio}};
}

json body_of(const Inventory& inventory, const Provider& provider) {
    json body = body_of(inventory);
    body["resource_provider_generation"] = provider.generation;
    return body;
}

json all_of(const Model& model, const Provider& provider) {
    auto inventories = json::object();
    for (const auto& [resource_class, inventory] : provider.inventories)
        inventories[model.classes.text(resource_class)] = body_of(inventory);
    return {{"resource_provider_generation", provider.generation},
            {"inventories", std::move(inventories)}};
}

std::string no_class(const std::string& name) {
    return fmt::format("No such resource class {}.", name);
}

// From 1.26 on everything may be reserved.
Outcome<void> check_capacity(const Request& request, const Provider& provider,
                             const std::string& name, const Inventory& inventory,
                             std::string_view verb) {
    const bool all_may = at_least(request, 26);
    if (all_may ? inventory.capacity() >= 0 : inventory.capacity() > 0)
        return {};
    return refuse(
        400, fmt::format("Unable to {} inventory for resource provider {}: Invalid inventory "
                         "for '{}' on resource provider '{}'. The reserved value is greater "
                         "than{} total.",
                         verb, provider.uuid, name, provider.uuid, all_may ? "" : " or equal to"));
}

Outcome<void> check_generation(const Json& body, const Provider& provider) {
    if (body["resource_provider_generation"] == provider.generation)
        return {};
    return refuse(409, "resource provider generation conflict", concurrent_update);
}

// The time of a list is that of its youngest item; of no inventories, nothing.
Response without_time_if(bool empty, Response response) {
    if (empty)
        response.headers.remove("Last-Modified");
    return response;
}

Outcome<Response> show_all(Parts parts, const Request& request) {
    bool empty = false;
    VTPMLAB_TRY(
        Response response,
        show_provider(parts, request,
                      "No resource provider with uuid " + request.parameter("uuid") + " found : {}",
                      [&](const Model& model, const Provider& provider) -> Outcome<json> {
                          empty = provider.inventories.empty();
                          return all_of(model, provider);
                      }));
    return without_time_if(empty, std::move(response));
}

Outcome<Response> show_one(Parts parts, const Request& request) {
    const std::string& name = request.parameter("class");
    return show_provider(
        parts, request,
        "No resource provider with uuid " + request.parameter("uuid") + " found : {}",
        [&](const Model& model, const Provider& provider) -> Outcome<json> {
            const auto resource_class = model.classes.find(name);
            const auto found = provider.inventories.find(resource_class.value_or(-1));
            if (found == provider.inventories.end())
                return refuse(404, fmt::format("No inventory of class {} for {}", name,
                                               request.parameter("uuid")));
            return body_of(found->second, provider);
        });
}

Outcome<Response> set_all(Parts parts, const Request& request) {
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            VTPMLAB_TRY(const Json body, checked_body(request, schemas::all_inventories()));
            VTPMLAB_CHECK(check_generation(body, provider));
            std::map<std::string, Inventory> wanted;
            for (const auto& [name, value] : body["inventories"].items()) {
                VTPMLAB_TRY(wanted[name], parsed_inventory(value));
                VTPMLAB_CHECK(check_capacity(request, provider, name, wanted[name], "update"));
            }
            std::map<int, Inventory> inventories;
            for (const auto& [name, value] : body["inventories"].items()) {
                const auto resource_class = model.classes.find(name);
                if (!resource_class)
                    return refuse(400, fmt::format("Unknown resource class in inventory for "
                                                   "resource provider {}: {}",
                                                   provider.uuid, no_class(name)));
                inventories[*resource_class] = wanted[name];
            }
            if (const auto in_use = removal_in_use(model, provider, inventories); !in_use.empty())
                return refuse(409, "update conflict: " + in_use, inventory_in_use);
            provider.inventories = std::move(inventories);
            ++provider.generation;
            return without_time_if(provider.inventories.empty(),
                                   fresh_json(200, all_of(model, provider), request, parts));
        });
}

Outcome<Response> clear_all(Parts parts, const Request& request) {
    if (!at_least(request, 5))
        return tl::unexpected(http::Fault{405, "", {}, {}, {}});
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            if (const auto in_use = removal_in_use(model, provider, {}); !in_use.empty())
                return refuse(409, in_use, inventory_in_use);
            provider.inventories.clear();
            ++provider.generation;
            return Response::empty(204);
        });
}

Outcome<Response> add_one(Parts parts, const Request& request) {
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            VTPMLAB_TRY(const Json body, checked_body(request, schemas::new_inventory()));
            const auto name = body["resource_class"].get<std::string>();
            VTPMLAB_TRY(const Inventory inventory, parsed_inventory(body));
            VTPMLAB_CHECK(check_capacity(request, provider, name, inventory, "create"));
            const auto resource_class = model.classes.find(name);
            if (!resource_class)
                return refuse(400,
                              fmt::format("Unable to create inventory for resource provider {}: {}",
                                          provider.uuid, no_class(name)));
            if (!provider.inventories.emplace(*resource_class, inventory).second)
                return refuse(409,
                              fmt::format("Update conflict: resource provider {} has an inventory "
                                          "of class {} already",
                                          provider.uuid, name),
                              concurrent_update);
            ++provider.generation;
            return fresh_json(201, body_of(inventory, provider), request, parts)
                .with("Location", fmt::format("{}/resource_providers/{}/inventories/{}",
                                              request.base_url, provider.uuid, name));
        });
}

Outcome<Response> set_one(Parts parts, const Request& request) {
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            const std::string& name = request.parameter("class");
            VTPMLAB_TRY(const Json body, checked_body(request, schemas::one_inventory()));
            VTPMLAB_CHECK(check_generation(body, provider));
            VTPMLAB_TRY(const Inventory inventory, parsed_inventory(body));
            VTPMLAB_CHECK(check_capacity(request, provider, name, inventory, "update"));
            const auto resource_class = model.classes.find(name);
            if (!resource_class)
                return refuse(404, no_class(name));
            const auto found = provider.inventories.find(*resource_class);
            if (found == provider.inventories.end())
                return refuse(400, fmt::format("No inventory record with resource class for "
                                               "resource provider {}: No inventory of class {} "
                                               "found.",
                                               provider.uuid, name));
            found->second = inventory;
            ++provider.generation;
            return fresh_json(200, body_of(inventory, provider), request, parts);
        });
}

Outcome<Response> remove_one(Parts parts, const Request& request) {
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            const std::string& name = request.parameter("class");
            const auto missing = [&](const std::string& why) {
                return refuse(
                    404, fmt::format("No inventory of class {} found for delete: {}", name, why));
            };
            const auto resource_class = model.classes.find(name);
            if (!resource_class)
                return missing(no_class(name));
            auto rest = provider.inventories;
            const bool was_there = rest.erase(*resource_class) > 0;
            if (const auto in_use = removal_in_use(model, provider, rest); !in_use.empty())
                return refuse(
                    409, fmt::format("Unable to delete inventory of class {}: {}", name, in_use),
                    concurrent_update);
            if (!was_there)
                return missing(fmt::format("No inventory of class {} found for delete", name));
            provider.inventories = std::move(rest);
            ++provider.generation;
            return Response::empty(204);
        });
}

} // namespace

Outcome<Inventory> parsed_inventory(const Json& body) {
    Inventory inventory;
    // The real schema lets a class of another form through unchecked, and then fails with 500.
    if (!body.is_object() || !body.contains("total"))
        return refuse(400, "JSON does not validate: an inventory needs a total");
    const auto number = [&](const char* key, std::int64_t& value) {
        if (const auto found = body.find(key); found != body.end() && found->is_number())
            value = found->get<std::int64_t>();
    };
    number("total", inventory.total);
    number("reserved", inventory.reserved);
    number("min_unit", inventory.min_unit);
    number("max_unit", inventory.max_unit);
    number("step_size", inventory.step_size);
    if (const auto found = body.find("allocation_ratio"); found != body.end() && found->is_number())
        inventory.allocation_ratio = found->get<double>();
    return inventory;
}

std::string removal_in_use(const Model& model, const Provider& provider,
                           const std::map<int, Inventory>& left) {
    std::vector<std::string> in_use;
    for (const auto& [resource_class, inventory] : provider.inventories)
        if (const auto used = provider.used.find(resource_class);
            !left.count(resource_class) && used != provider.used.end() && used->second > 0)
            in_use.push_back(model.classes.text(resource_class));
    if (in_use.empty())
        return {};
    return fmt::format("Inventory for '{}' on resource provider '{}' in use.",
                       fmt::join(in_use, ", "), provider.uuid);
}

std::vector<http::Route> inventory_routes(Parts parts) {
    constexpr const char* all = "/resource_providers/{uuid}/inventories";
    constexpr const char* one = "/resource_providers/{uuid}/inventories/{class}";
    const std::string policy = "placement:resource_providers:inventories:";
    return {
        route("GET", all, parts, show_all, {0, policy + "list"}),
        route("POST", all, parts, add_one, {0, policy + "create"}),
        route("PUT", all, parts, set_all, {0, policy + "update"}),
        route("DELETE", all, parts, clear_all, {0, policy + "delete"}),
        route("GET", one, parts, show_one, {0, policy + "show"}),
        route("PUT", one, parts, set_one, {0, policy + "update"}),
        route("DELETE", one, parts, remove_one, {0, policy + "delete"}),
    };
}

} // namespace vtpmlab::fakes::placement
