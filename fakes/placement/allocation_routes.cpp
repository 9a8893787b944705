// Allocations: what consumers have taken. Checked and written for all consumers of a request at
// once, or not at all.

#include "placement/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

json amounts_body(const Model& model, const Amounts& amounts) {
    auto body = json::object();
    for (const auto& [resource_class, amount] : amounts)
        body[model.classes.text(resource_class)] = amount;
    return body;
}

json type_or_unknown(const Consumer& consumer) {
    return consumer.type.empty() ? "unknown" : consumer.type;
}

Outcome<Response> show(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Consumer* consumer = model->consumer(request.parameter("consumer"));
    auto allocations = json::object();
    json body;
    if (consumer) {
        for (const auto& [uuid, amounts] : consumer->allocations)
            allocations[uuid] = {{"generation", model->provider(uuid)->generation},
                                 {"resources", amounts_body(*model, amounts)}};
        if (at_least(request, 12)) {
            body["project_id"] = consumer->project_id;
            body["user_id"] = consumer->user_id;
        }
        if (at_least(request, 28))
            body["consumer_generation"] = consumer->generation;
        if (at_least(request, 38))
            body["consumer_type"] = type_or_unknown(*consumer);
    }
    body["allocations"] = std::move(allocations);
    return fresh_json(200, body, request, parts);
}

Outcome<Response> of_provider(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const std::string& uuid = request.parameter("uuid");
    const Provider* provider = model->provider(uuid);
    if (!provider)
        return no_provider(uuid);
    auto allocations = json::object();
    for (const auto& name : provider->consumers) {
        const Consumer& consumer = *model->consumer(name);
        json entry = {{"resources", amounts_body(*model, consumer.allocations.at(uuid))}};
        if (at_least(request, 28))
            entry["consumer_generation"] = consumer.generation;
        allocations[name] = std::move(entry);
    }
    return fresh_json(200,
                      {{"resource_provider_generation", provider->generation},
                       {"allocations", std::move(allocations)}},
                      request, parts);
}

Outcome<Amounts> parsed_amounts(const Model& model, const json& resources) {
    if (!resources.is_object() || resources.empty())
        return refuse(400,
                      "JSON does not validate: resources must name at least one resource class");
    Amounts amounts;
    for (const auto& [name, value] : resources.items()) {
        if (!value.is_number_integer() || value.get<std::int64_t>() < 1)
            return refuse(400,
                          fmt::format("JSON does not validate: {} is less than the minimum of 1",
                                      value.dump()));
        const auto resource_class = model.classes.find(name);
        if (!resource_class)
            return refuse(400, fmt::format("No such resource class {}.", name));
        amounts[*resource_class] = value;
    }
    return amounts;
}

std::string shown_generation(const json& value) { return value.is_null() ? "null" : value.dump(); }

// What one consumer asks for, in the form of this version.
Outcome<Consumer> parsed_consumer(const Model& model, const std::string& uuid, const json& body,
                                  const Request& request) {
    const auto invalid = [](const std::string& text) {
        return refuse(400, "JSON does not validate: " + text);
    };
    if (!is_uuid(uuid))
        return refuse(400, fmt::format("Malformed consumer_uuid: {}", uuid));
    if (!body.is_object())
        return invalid("an allocation is not of type 'object'");
    static constexpr std::pair<const char*, int> known[] = {
        {"allocations", 0},          {"project_id", 8}, {"user_id", 8},
        {"consumer_generation", 28}, {"mappings", 34},  {"consumer_type", 38}};
    for (const auto& [key, value] : body.items()) {
        const auto found = std::find_if(std::begin(known), std::end(known), [&](const auto& entry) {
            return key == entry.first && at_least(request, entry.second);
        });
        if (found == std::end(known))
            return invalid(
                fmt::format("Additional properties are not allowed ('{}' was unexpected)", key));
    }
    for (const auto& [key, since] : known)
        if (std::string_view(key) != "mappings" && at_least(request, since) && !body.contains(key))
            return invalid(fmt::format("'{}' is a required property", key));
    for (const char* key : {"project_id", "user_id", "consumer_type"})
        if (body.contains(key) && (!body[key].is_string() || body[key].get<std::string>().empty() ||
                                   body[key].get<std::string>().size() > 255))
            return invalid(fmt::format("{} is not of type 'string'", body[key].dump()));

    Consumer consumer;
    consumer.uuid = uuid;
    consumer.project_id = body.value("project_id", "00000000-0000-0000-0000-000000000000");
    consumer.user_id = body.value("user_id", "00000000-0000-0000-0000-000000000000");
    const Consumer* old = model.consumer(uuid);
    consumer.type = at_least(request, 38) ? body["consumer_type"].get<std::string>()
                    : old                 ? old->type
                                          : "";
    if (at_least(request, 28)) {
        const json& generation = body["consumer_generation"];
        if (!generation.is_null() && !generation.is_number_integer())
            return invalid(fmt::format("{} is not of type 'integer', 'null'", generation.dump()));
        const json expected = old ? json(old->generation) : json(nullptr);
        if (generation != expected)
            return refuse(409,
                          fmt::format("consumer generation conflict - expected {} but got {}",
                                      shown_generation(expected), shown_generation(generation)),
                          concurrent_update);
    }
    consumer.generation = old ? old->generation + 1 : 1;

    const json& allocations = body["allocations"];
    const bool as_list = !at_least(request, 12) && request.method == "PUT";
    if (as_list ? !allocations.is_array() : !allocations.is_object())
        return invalid(
            fmt::format("allocations is not of type '{}'", as_list ? "array" : "object"));
    if (allocations.empty() && !at_least(request, 28) && request.method == "PUT")
        return invalid("allocations does not have enough properties");
    for (const auto& [key, value] : allocations.items()) {
        std::string provider = key;
        if (!value.is_object() || !value.contains("resources"))
            return invalid("'resources' is a required property");
        if (as_list) {
            const json::json_pointer place("/resource_provider/uuid");
            if (!value.contains(place) || !value.at(place).is_string())
                return invalid("'resource_provider' is a required property");
            provider = value.at(place).get<std::string>();
        }
        if (!model.provider(provider))
            return refuse(400,
                          fmt::format("Allocation for resource provider '{}' that does not exist.",
                                      provider));
        VTPMLAB_TRY(consumer.allocations[provider], parsed_amounts(model, value["resources"]));
    }
    return consumer;
}

// What would be taken of each provider if `consumers` had what they ask for.
Outcome<void> check_room(const Model& model, const std::vector<Consumer>& consumers) {
    std::map<std::string, Amounts> extra;
    for (const auto& consumer : consumers) {
        if (const Consumer* old = model.consumer(consumer.uuid))
            for (const auto& [uuid, amounts] : old->allocations)
                for (const auto& [resource_class, amount] : amounts)
                    extra[uuid][resource_class] -= amount;
        for (const auto& [uuid, amounts] : consumer.allocations)
            for (const auto& [resource_class, amount] : amounts)
                extra[uuid][resource_class] += amount;
    }
    for (const auto& consumer : consumers)
        for (const auto& [uuid, amounts] : consumer.allocations)
            for (const auto& [resource_class, amount] : amounts) {
                const Provider& provider = *model.provider(uuid);
                const std::string& name = model.classes.text(resource_class);
                const auto inventory = provider.inventories.find(resource_class);
                if (inventory == provider.inventories.end())
                    return refuse(409,
                                  fmt::format("Unable to allocate inventory: Inventory for '{}' on "
                                              "resource provider '{}' invalid.",
                                              name, uuid));
                const auto cannot = [&](const char* why) {
                    return refuse(409,
                                  fmt::format("Unable to allocate inventory: Unable to create "
                                              "allocation for '{}' on resource provider '{}'. The "
                                              "requested amount would {}.",
                                              name, uuid, why));
                };
                if (!inventory->second.allows(amount))
                    return cannot("violate inventory constraints");
                const auto used = provider.used.find(resource_class);
                const std::int64_t now = used == provider.used.end() ? 0 : used->second;
                if (now + extra[uuid][resource_class] > inventory->second.capacity())
                    return cannot("exceed the capacity");
            }
    return {};
}

void write(Store::Change& change, std::vector<Consumer> consumers) {
    std::set<std::string> touched;
    for (auto& consumer : consumers) {
        for (const auto& [uuid, amounts] : consumer.allocations)
            touched.insert(uuid);
        change.put(std::move(consumer));
    }
    for (const auto& uuid : touched) {
        Provider provider = *change->provider(uuid);
        ++provider.generation;
        change.put(std::move(provider));
    }
    change.commit();
}

Outcome<Response> set(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    auto change = parts.store.change();
    VTPMLAB_TRY(auto consumer,
                parsed_consumer(*change, request.parameter("consumer"), body, request));
    std::vector<Consumer> consumers;
    consumers.push_back(std::move(consumer));
    VTPMLAB_CHECK(check_room(*change, consumers));
    write(change, std::move(consumers));
    return Response::empty(204);
}

Outcome<Response> set_many(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.is_object() || body.empty())
        return refuse(400, "JSON does not validate: the body must name at least one consumer");
    auto change = parts.store.change();
    std::vector<Consumer> consumers;
    for (const auto& [uuid, wanted] : body.items()) {
        VTPMLAB_TRY(auto consumer, parsed_consumer(*change, uuid, wanted, request));
        consumers.push_back(std::move(consumer));
    }
    VTPMLAB_CHECK(check_room(*change, consumers));
    write(change, std::move(consumers));
    return Response::empty(204);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& uuid = request.parameter("consumer");
    auto change = parts.store.change();
    const Consumer* old = change->consumer(uuid);
    if (!old)
        return refuse(404, fmt::format("No allocations for consumer '{}'", uuid));
    Consumer consumer = *old;
    consumer.allocations.clear();
    change.put(std::move(consumer));
    change.commit();
    return Response::empty(204);
}

Outcome<Response> usages(Parts parts, const Request& request) {
    if (at_least(request, 38))
        VTPMLAB_CHECK(only_keys(request, {"project_id", "user_id", "consumer_type"}));
    else
        VTPMLAB_CHECK(only_keys(request, {"project_id", "user_id"}));
    const std::string* project = request.query.find("project_id");
    const std::string* user = request.query.find("user_id");
    const std::string* type = request.query.find("consumer_type");
    if (!project)
        return refuse(400, "Invalid query string parameters: 'project_id' is a required property");
    const auto model = parts.store.read();
    json found = json::object();
    for (const auto& [uuid, consumer] : model->consumers) {
        const std::string shown = type_or_unknown(consumer);
        if (consumer.project_id != *project || (user && consumer.user_id != *user) ||
            (type && *type != "all" && *type != shown))
            continue;
        json& sums = at_least(request, 38) ? found[type && *type == "all" ? "all" : shown] : found;
        if (at_least(request, 38))
            sums["consumer_count"] = sums.value("consumer_count", 0) + 1;
        for (const auto& [provider, amounts] : consumer.allocations)
            for (const auto& [resource_class, amount] : amounts) {
                const std::string& name = model->classes.text(resource_class);
                sums[name] = sums.value(name, std::int64_t{0}) + amount;
            }
    }
    return fresh_json(200, {{"usages", std::move(found)}}, request, parts);
}

} // namespace

std::vector<http::Route> allocation_routes(Parts parts) {
    return {
        route("GET", "/allocations/{consumer}", parts, show),
        route("PUT", "/allocations/{consumer}", parts, set),
        route("DELETE", "/allocations/{consumer}", parts, remove),
        route("POST", "/allocations", parts, set_many, {1, 13}),
        route("GET", "/resource_providers/{uuid}/allocations", parts, of_provider),
        route("GET", "/usages", parts, usages, {1, 9}),
    };
}

} // namespace vtpmlab::fakes::placement
