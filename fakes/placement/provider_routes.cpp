// /resource_providers: the list, and each one's name and place in its tree.

#include "http/uuid_like.h"
#include "placement/request_groups.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

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
        body["parent_provider_uuid"] =
            provider.parent.empty() ? json(nullptr) : json(provider.parent);
        body["root_provider_uuid"] = provider.root;
    }
    return body;
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(checked_query(request, schemas::list_providers(minor_of(request))));
    RequestGroup group;
    VTPMLAB_CHECK(parse_member_of(request, "", group));
    VTPMLAB_CHECK(parse_required(request, "", group));
    const std::string* name = last_value(request, "name");
    const std::string* uuid = last_value(request, "uuid");
    const std::string* in_tree = last_value(request, "in_tree");
    if (const std::string* resources = last_value(request, "resources")) {
        VTPMLAB_TRY(group.resources, parse_resources(*resources));
    }
    const auto model = parts.store.read();
    const auto answer = [&](json found) {
        return fresh_json(200, {{"resource_providers", std::move(found)}}, request, parts);
    };
    const Provider* inside = in_tree ? model->provider(*in_tree) : nullptr;
    if (in_tree && !in_tree->empty() && !inside)
        return answer(json::array());
    const ResolvedGroup filter(*model, group);
    if (!filter.unknown_trait().empty())
        return refuse(400, fmt::format("Invalid trait(s) in \"required\" parameter: No such "
                                       "trait(s): {}.",
                                       filter.unknown_trait()));
    if (!filter.unknown_class().empty())
        return refuse(400, fmt::format("Invalid resource class in resources parameter: No such "
                                       "resource class {}.",
                                       filter.unknown_class()));
    auto found = json::array();
    const auto consider = [&](const Provider& provider) {
        if ((!name || name->empty() || provider.name == *name) &&
            (!inside || provider.root == inside->root) && filter.traits_match(provider.traits) &&
            filter.aggregates_match(provider.aggregates) &&
            has_room_for_all(provider, filter.resources()))
            found.push_back(described(provider, request));
    };
    if (uuid && !uuid->empty()) {
        if (const Provider* provider = model->provider(*uuid))
            consider(*provider);
    } else if (inside) {
        for (const Provider* provider : model->tree_of(inside->root))
            consider(*provider);
    } else {
        for (const auto& [id, provider] : model->providers)
            consider(provider);
    }
    return answer(std::move(found));
}

std::string text_or_empty(const Json& body, const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string failed(const char* action, const char* reason) {
    return fmt::format("Object action {} failed because: {}", action, reason);
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Json body,
                checked_body(request, schemas::create_provider(minor_of(request))));
    Provider provider;
    provider.name = text_or_empty(body, "name");
    provider.uuid = http::canonical_uuid(text_or_empty(body, "uuid"));
    if (provider.uuid.empty())
        provider.uuid = random_uuid();
    provider.parent = text_or_empty(body, "parent_provider_uuid");
    provider.root = provider.uuid;
    const auto unable = [&](const char* reason) {
        return refuse(400, fmt::format("Unable to create resource provider \"{}\", {}: {}",
                                       provider.name, provider.uuid, failed("create", reason)));
    };
    if (provider.name.empty())
        return unable("name is required");
    auto change = parts.store.change();
    if (!provider.parent.empty()) {
        if (provider.parent == provider.uuid)
            return unable("parent provider UUID cannot be same as UUID. Please set parent provider "
                          "UUID to None if there is no parent.");
        const Provider* parent = change->provider(provider.parent);
        if (!parent)
            return unable("parent provider UUID does not exist.");
        provider.root = parent->root;
    }
    const auto conflict = [](const char* what, const std::string& value) {
        return refuse(
            409, fmt::format("Conflicting resource provider {}: {} already exists.", what, value),
            duplicate_name);
    };
    if (change->provider(provider.uuid))
        return conflict("uuid", provider.uuid);
    if (change->provider_names.count(provider.name))
        return conflict("name", provider.name);
    const std::string location = request.base_url + "/resource_providers/" + provider.uuid;
    const json answer = described(provider, request);
    change.put(std::move(provider));
    change.commit();
    if (!at_least(request, 20))
        return Response::empty(201).with("Location", location);
    return fresh_json(200, answer, request, parts).with("Location", location);
}

Outcome<Response> show(Parts parts, const Request& request) {
    return show_provider(parts, request, "{}",
                         [&](const Model&, const Provider& provider) -> Outcome<json> {
                             return described(provider, request);
                         });
}

// Everything below `provider` moves with it into the tree of `root`.
void move_tree(Store::Change& change, Provider provider, const std::string& root) {
    provider.root = root;
    for (const auto& child : provider.children)
        if (const Provider* below = change->provider(child))
            move_tree(change, *below, root);
    change.put(std::move(provider));
}

// Where `provider` goes: nothing wrong, or why it may not. Its parent and root are set.
// From 1.37 on a provider may move into another tree, or become the root of its own.
Outcome<void> place(const Model& model, Provider& provider, const std::string& parent,
                    const Request& request) {
    const bool may_move = at_least(request, 37);
    const auto unable = [&](const char* action, const char* reason) {
        return refuse(400, fmt::format("Unable to save resource provider {}: {}", provider.uuid,
                                       failed(action, reason)));
    };
    if (parent.empty()) {
        if (!provider.parent.empty() && !may_move)
            return unable("update", "un-parenting a provider is not currently allowed.");
        provider.parent.clear();
        provider.root = provider.uuid;
        return {};
    }
    const Provider* above = model.provider(parent);
    if (!above)
        return unable("create", "parent provider UUID does not exist.");
    if (!provider.parent.empty() && provider.parent != parent && !may_move)
        return unable("update", "re-parenting a provider is not currently allowed.");
    if (model.is_descendant_or_self(*above, provider.uuid))
        return unable("update", "creating loop in the provider tree is not allowed.");
    provider.parent = parent;
    provider.root = above->root;
    return {};
}

Outcome<Response> update(Parts parts, const Request& request) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    VTPMLAB_TRY(const Json body,
                checked_body(request, schemas::update_provider(minor_of(request))));
    Provider provider = *old;
    provider.name = text_or_empty(body, "name");
    VTPMLAB_CHECK(place(*change, provider,
                        body.contains("parent_provider_uuid")
                            ? text_or_empty(body, "parent_provider_uuid")
                            : old->parent,
                        request));
    if (provider.name != old->name && change->provider_names.count(provider.name))
        return refuse(
            409, fmt::format("Conflicting resource provider {} already exists.", provider.name),
            duplicate_name);
    const json answer = described(provider, request);
    const std::string root = provider.root;
    move_tree(change, std::move(provider), root);
    change.commit();
    return fresh_json(200, answer, request, parts);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& uuid = request.parameter("uuid");
    auto change = parts.store.change();
    const Provider* provider = change->provider(uuid);
    if (!provider)
        return no_provider(uuid, "{} for delete");
    if (!provider->children.empty())
        return refuse(409,
                      fmt::format("Unable to delete parent resource provider {}: It has child "
                                  "resource providers.",
                                  uuid),
                      parent_with_children);
    if (!provider->consumers.empty())
        return refuse(409,
                      fmt::format("Unable to delete resource provider {}: Resource provider has "
                                  "allocations.",
                                  uuid),
                      provider_in_use);
    change.erase_provider(uuid);
    change.commit();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> provider_routes(Parts parts) {
    constexpr const char* one = "/resource_providers/{uuid}";
    const std::string policy = "placement:resource_providers:";
    return {
        route("GET", "/resource_providers", parts, list, {0, policy + "list"}),
        route("POST", "/resource_providers", parts, create, {0, policy + "create"}),
        route("GET", one, parts, show, {0, policy + "show"}),
        route("DELETE", one, parts, remove, {0, policy + "delete"}),
        route("PUT", one, parts, update, {0, policy + "update"}),
    };
}

} // namespace vtpmlab::fakes::placement
