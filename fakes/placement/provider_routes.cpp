// /resource_providers and what hangs on one provider but its inventories and allocations.

#include "placement/request_groups.h"
#include "placement/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

json null_if_empty(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json described(const Provider& provider, const Request& request) {
    const std::string self = "/resource_providers/" + provider.uuid;
    auto links = json::array({{{"rel", "self"}, {"href", self}}});
    const auto link = [&](const char* rel) {
        links.push_back({{"rel", rel}, {"href", self + "/" + rel}});
    };
    link("inventories");
    link("usages");
    if (at_least(request, 1))
        link("aggregates");
    if (at_least(request, 6))
        link("traits");
    if (at_least(request, 11))
        link("allocations");
    json body = {{"uuid", provider.uuid},
                 {"name", provider.name},
                 {"generation", provider.generation},
                 {"links", std::move(links)}};
    if (at_least(request, 14)) {
        body["parent_provider_uuid"] = null_if_empty(provider.parent);
        body["root_provider_uuid"] = provider.root;
    }
    return body;
}

Outcome<Response> list(Parts parts, const Request& request) {
    if (at_least(request, 18))
        VTPMLAB_CHECK(
            only_keys(request, {"name", "uuid", "member_of", "resources", "in_tree", "required"}));
    else if (at_least(request, 14))
        VTPMLAB_CHECK(only_keys(request, {"name", "uuid", "member_of", "resources", "in_tree"}));
    else if (at_least(request, 4))
        VTPMLAB_CHECK(only_keys(request, {"name", "uuid", "member_of", "resources"}));
    else if (at_least(request, 3))
        VTPMLAB_CHECK(only_keys(request, {"name", "uuid", "member_of"}));
    else
        VTPMLAB_CHECK(only_keys(request, {"name", "uuid"}));

    const auto model = parts.store.read();
    for (const char* key : {"uuid", "in_tree"})
        if (const std::string* value = request.query.find(key); value && !is_uuid(*value))
            return refuse(
                400, fmt::format("Invalid query string parameters: '{}' is not a 'uuid'", *value));
    VTPMLAB_TRY(const RequestGroup filter, parse_group(*model, request, ""));

    const std::string* name = request.query.find("name");
    const std::string* uuid = request.query.find("uuid");
    std::string root;
    if (!filter.in_tree.empty()) {
        const Provider* inside = model->provider(filter.in_tree);
        root = inside ? inside->root : "none";
    }
    auto found = json::array();
    const auto consider = [&](const Provider& provider) {
        const bool wanted =
            (!name || provider.name == *name) && (!uuid || provider.uuid == *uuid) &&
            (root.empty() || provider.root == root) && filter.traits_match(provider.traits) &&
            filter.aggregates_match(provider.aggregates) &&
            std::all_of(filter.resources.begin(), filter.resources.end(), [&](const auto& amount) {
                return provider.has_room(amount.first, amount.second);
            });
        if (wanted)
            found.push_back(described(provider, request));
    };
    if (uuid) {
        if (const Provider* provider = model->provider(*uuid))
            consider(*provider);
    } else if (!root.empty()) {
        for (const Provider* provider : model->tree_of(root))
            consider(*provider);
    } else {
        for (const auto& [id, provider] : model->providers)
            consider(provider);
    }
    return fresh_json(200, {{"resource_providers", std::move(found)}}, request, parts);
}

constexpr const char* create_schema = R"({
  "type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {"name": {"type": "string", "maxLength": 200},
                 "uuid": {"type": "string"},
                 "parent_provider_uuid": {"type": ["string", "null"]}}})";

std::string text_or_empty(const json& body, const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    Provider provider;
    provider.name = text_or_empty(body, "name");
    provider.uuid = body.contains("uuid") ? text_or_empty(body, "uuid") : random_uuid();
    provider.parent = text_or_empty(body, "parent_provider_uuid");
    provider.root = provider.uuid;
    if (!is_uuid(provider.uuid))
        return refuse(400,
                      fmt::format("JSON does not validate: '{}' is not a 'uuid'", provider.uuid));
    if (body.contains("parent_provider_uuid") && !at_least(request, 14))
        return refuse(400, "JSON does not validate: Additional properties are not allowed "
                           "('parent_provider_uuid' was unexpected)");
    auto change = parts.store.change();
    if (change->provider_names.count(provider.name))
        return refuse(
            409,
            fmt::format("Conflicting resource provider name: {} already exists.", provider.name),
            duplicate_name);
    if (change->provider(provider.uuid))
        return refuse(
            409,
            fmt::format("Conflicting resource provider uuid: {} already exists.", provider.uuid),
            duplicate_name);
    if (!provider.parent.empty()) {
        const Provider* parent = change->provider(provider.parent);
        if (!parent)
            return refuse(400,
                          fmt::format("Unable to create resource provider \"{}\", uuid {}: parent "
                                      "provider UUID does not exist.",
                                      provider.name, provider.uuid));
        provider.root = parent->root;
    }
    const std::string location = request.base_url + "/resource_providers/" + provider.uuid;
    const json answer = described(provider, request);
    change.put(std::move(provider));
    change.commit();
    if (!at_least(request, 20))
        return Response::empty(201).with("Location", location);
    return fresh_json(200, answer, request, parts).with("Location", location);
}

Outcome<Response> show(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    return fresh_json(200, described(*provider, request), request, parts);
}

// Everything below `provider` moves with it into the tree of `root`.
void move_tree(Store::Change& change, Provider provider, const std::string& root) {
    provider.root = root;
    for (const auto& child : provider.children)
        if (const Provider* below = change->provider(child))
            move_tree(change, *below, root);
    change.put(std::move(provider));
}

Outcome<Response> update(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    Provider provider = *old;
    provider.name = text_or_empty(body, "name");
    if (provider.name != old->name && change->provider_names.count(provider.name))
        return refuse(
            409,
            fmt::format("Conflicting resource provider name: {} already exists.", provider.name),
            duplicate_name);
    const std::string parent = text_or_empty(body, "parent_provider_uuid");
    std::string root = provider.root;
    if (at_least(request, 14) && body.contains("parent_provider_uuid") && parent != old->parent) {
        if (!old->parent.empty() && !at_least(request, 37))
            return refuse(
                400, fmt::format("Unable to save resource provider {}: re-parenting a provider "
                                 "is not currently allowed.",
                                 provider.uuid));
        const Provider* above = change->provider(parent);
        if (!parent.empty() && !above)
            return refuse(400,
                          fmt::format("Unable to save resource provider {}: parent provider UUID "
                                      "does not exist.",
                                      provider.uuid));
        if (above && change->is_descendant_or_self(*above, provider.uuid))
            return refuse(400,
                          fmt::format("Unable to save resource provider {}: creating loop in the "
                                      "provider tree is not allowed.",
                                      provider.uuid));
        provider.parent = parent;
        root = above ? above->root : provider.uuid;
    }
    const json answer = [&] {
        Provider shown = provider;
        shown.root = root;
        return described(shown, request);
    }();
    move_tree(change, std::move(provider), root);
    change.commit();
    return fresh_json(200, answer, request, parts);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& uuid = request.parameter("uuid");
    auto change = parts.store.change();
    const Provider* provider = change->provider(uuid);
    if (!provider)
        return no_provider(uuid, " for delete");
    if (!provider->consumers.empty())
        return refuse(409,
                      fmt::format("Unable to delete resource provider {}: Resource provider has "
                                  "allocations.",
                                  uuid),
                      provider_in_use);
    if (!provider->children.empty())
        return refuse(409,
                      fmt::format("Unable to delete parent resource provider {}: It has child "
                                  "resource providers.",
                                  uuid),
                      parent_with_children);
    change.erase_provider(uuid);
    change.commit();
    return Response::empty(204);
}

json traits_body(const Model& model, const Provider& provider) {
    std::vector<std::string> names;
    for (const int id : provider.traits.ids())
        names.push_back(model.traits.text(id));
    std::sort(names.begin(), names.end());
    return {{"resource_provider_generation", provider.generation}, {"traits", names}};
}

Outcome<Response> show_traits(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    return fresh_json(200, traits_body(*model, *provider), request, parts);
}

constexpr const char* traits_schema = R"({
  "type": "object", "required": ["traits", "resource_provider_generation"], "additionalProperties": false,
  "properties": {"traits": {"type": "array", "uniqueItems": true,
                            "items": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Z0-9_]+$"}},
                 "resource_provider_generation": {"type": "integer"}}})";

tl::unexpected<http::Fault> generation_changed() {
    return refuse(409,
                  "Resource provider's generation already changed. Please update the generation "
                  "and try again.",
                  concurrent_update);
}

Outcome<Response> set_traits(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    if (body["resource_provider_generation"] != old->generation)
        return generation_changed();
    Provider provider = *old;
    provider.traits = {};
    std::vector<std::string> unknown;
    for (const auto& trait : body["traits"]) {
        const auto name = trait.get<std::string>();
        if (const auto id = change->traits.find(name))
            provider.traits.insert(*id);
        else
            unknown.push_back(name);
    }
    if (!unknown.empty())
        return refuse(400, fmt::format("No such trait {}", fmt::join(unknown, ", ")));
    // Nothing changed is no new generation.
    if (!(provider.traits == old->traits))
        ++provider.generation;
    const json answer = traits_body(*change, provider);
    change.put(std::move(provider));
    change.commit();
    return fresh_json(200, answer, request, parts);
}

Outcome<Response> clear_traits(Parts parts, const Request& request) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    Provider provider = *old;
    provider.traits = {};
    ++provider.generation;
    change.put(std::move(provider));
    change.commit();
    return Response::empty(204);
}

json aggregates_body(const Provider& provider, const Request& request) {
    json body = {{"aggregates", provider.aggregates}};
    if (at_least(request, 19))
        body["resource_provider_generation"] = provider.generation;
    return body;
}

Outcome<Response> show_aggregates(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"));
    return fresh_json(200, aggregates_body(*provider, request), request, parts);
}

Outcome<Response> set_aggregates(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    const bool with_generation = at_least(request, 19);
    const json empty;
    const json& list = with_generation && body.is_object() && body.contains("aggregates")
                           ? body["aggregates"]
                       : with_generation ? empty
                                         : body;
    if (!list.is_array() || (with_generation && !body.contains("resource_provider_generation")))
        return refuse(400,
                      fmt::format("JSON does not validate: {}",
                                  with_generation ? "aggregates and resource_provider_generation "
                                                    "are required properties"
                                                  : "the body is not of type 'array'"));
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    if (with_generation && body["resource_provider_generation"] != old->generation)
        return refuse(409,
                      fmt::format("Update conflict: {}",
                                  "Resource provider's generation already changed. Please update "
                                  "the generation and try again."),
                      concurrent_update);
    Provider provider = *old;
    provider.aggregates.clear();
    for (const auto& aggregate : list) {
        if (!aggregate.is_string() || !is_uuid(aggregate.get<std::string>()))
            return refuse(
                400, fmt::format("JSON does not validate: {} is not a 'uuid'", aggregate.dump()));
        provider.aggregates.insert(aggregate.get<std::string>());
    }
    if (with_generation)
        ++provider.generation;
    const json answer = aggregates_body(provider, request);
    change.put(std::move(provider));
    change.commit();
    return fresh_json(200, answer, request, parts);
}

} // namespace

std::vector<http::Route> provider_routes(Parts parts) {
    return {
        route("GET", "/resource_providers", parts, list),
        route("POST", "/resource_providers", parts, create, {1, 0}, create_schema),
        route("GET", "/resource_providers/{uuid}", parts, show),
        route("PUT", "/resource_providers/{uuid}", parts, update, {1, 0}, create_schema),
        route("DELETE", "/resource_providers/{uuid}", parts, remove),
        route("GET", "/resource_providers/{uuid}/traits", parts, show_traits, {1, 6}),
        route("PUT", "/resource_providers/{uuid}/traits", parts, set_traits, {1, 6}, traits_schema),
        route("DELETE", "/resource_providers/{uuid}/traits", parts, clear_traits, {1, 6}),
        route("GET", "/resource_providers/{uuid}/aggregates", parts, show_aggregates, {1, 1}),
        route("PUT", "/resource_providers/{uuid}/aggregates", parts, set_aggregates, {1, 1}),
    };
}

} // namespace vtpmlab::fakes::placement
