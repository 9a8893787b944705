// Namespaces of metadata definitions, and the types of resources they are for.

#include "glance/metadef_access.h"
#include "glance/policy.h"
#include "glance/schema_check.h"
#include "glance/schema_texts.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::glance {

namespace {

constexpr const char* namespaces_path = "/v2/metadefs/namespaces";
// Of a namespace itself, without what it holds.
constexpr std::array<const char*, 8> own_fields = {"namespace",  "display_name", "description",
                                                   "visibility", "protected",    "owner",
                                                   "created_at", "updated_at"};

bool is_visible(const http::Caller& caller, const json& definition) {
    return definition.at("visibility") == "public" || is_admin(caller) ||
           (!caller.project_id.empty() && definition.at("owner") == caller.project_id);
}

json own_part(const json& definition) {
    json body = {{"self", std::string(namespaces_path) + "/" +
                              definition.at("namespace").get<std::string>()},
                 {"schema", "/v2/schemas/metadefs/namespace"}};
    for (const char* field : own_fields)
        if (definition.contains(field))
            body[field] = definition[field];
    return body;
}

// As lists of tags come where nobody asks for another order.
json newest_first(json items) {
    std::reverse(items.begin(), items.end());
    return items;
}

json names_only(const json& items) {
    json names = json::array();
    for (const auto& item : items)
        names.push_back({{"name", item.at("name")}});
    return names;
}

bool has(const json& definition, const char* what) {
    return definition.contains(what) && !definition[what].empty();
}

// Property names as they stand on a resource of that type: with its prefix.
json prefixed(const json& definition, const std::string* resource_type) {
    std::string prefix;
    if (resource_type && has(definition, "resource_type_associations"))
        for (const auto& association : definition["resource_type_associations"])
            if (association.at("name") == *resource_type)
                prefix = association.value("prefix", "");
    json properties = json::object();
    for (const auto& [name, property] : definition["properties"].items())
        properties[prefix + name] = property;
    return properties;
}

json whole(const json& definition, const std::string* resource_type) {
    json body = own_part(definition);
    const auto name = definition.at("namespace").get<std::string>();
    if (has(definition, "resource_type_associations"))
        body["resource_type_associations"] = definition["resource_type_associations"];
    if (has(definition, "properties"))
        body["properties"] = prefixed(definition, resource_type);
    if (has(definition, "objects"))
        for (const auto& object : definition["objects"])
            body["objects"].push_back(described_object(object, name));
    if (has(definition, "tags"))
        body["tags"] = newest_first(names_only(definition["tags"]));
    return body;
}

Outcome<void> check_sorting(const Request& request) {
    const std::string* key = request.query.find("sort_key");
    if (key && *key != "namespace" && *key != "created_at" && *key != "updated_at")
        return refuse(400, fmt::format("Invalid sort key: {}", *key));
    const std::string* direction = request.query.find("sort_dir");
    if (direction && *direction != "asc" && *direction != "desc")
        return refuse(400, fmt::format("Invalid sort direction: {}", *direction));
    const std::string* visibility = request.query.find("visibility");
    if (visibility && *visibility != "public" && *visibility != "private")
        return refuse(400, fmt::format("Invalid visibility value: {}", *visibility));
    return {};
}

bool is_for(const json& definition, const std::string& types) {
    if (!has(definition, "resource_type_associations"))
        return false;
    const std::string list = "," + types + ",";
    return std::any_of(definition["resource_type_associations"].begin(),
                       definition["resource_type_associations"].end(), [&](const json& one) {
                           return list.find("," + one.at("name").get<std::string>() + ",") !=
                                  std::string::npos;
                       });
}

Outcome<Response> list(Parts parts, const Request& request) {
    const auto& query = request.query;
    VTPMLAB_CHECK(check_sorting(request));
    VTPMLAB_TRY(const std::size_t limit, limit_of(query));
    std::vector<json> found = parts.metadefs.list();
    const std::string* const visibility = query.find("visibility");
    const std::string* const types = query.find("resource_types");
    std::erase_if(found, [&](const json& definition) {
        return !is_visible(*request.caller, definition) ||
               (visibility && definition.at("visibility") != *visibility) ||
               (types && !is_for(definition, *types));
    });
    const std::string* const key = query.find("sort_key");
    if (key && *key == "namespace")
        std::stable_sort(found.begin(), found.end(), [](const json& a, const json& b) {
            return a.at("namespace") > b.at("namespace");
        });
    if (const std::string* direction = query.find("sort_dir"); direction && *direction == "asc")
        std::reverse(found.begin(), found.end());
    if (const std::string* marker = query.find("marker")) {
        const auto last = std::find_if(found.begin(), found.end(), [&](const json& definition) {
            return definition.at("namespace") == *marker;
        });
        if (last == found.end())
            return no_namespace(*marker);
        found.erase(found.begin(), last + 1);
    }
    if (found.size() > limit)
        found.resize(limit);
    json body = {{"namespaces", json::array()},
                 {"schema", "/v2/schemas/metadefs/namespaces"},
                 {"first", page_link(namespaces_path, query, nullptr)}};
    for (const auto& definition : found) {
        json entry = own_part(definition);
        if (has(definition, "resource_type_associations"))
            entry["resource_type_associations"] = definition["resource_type_associations"];
        body["namespaces"].push_back(std::move(entry));
    }
    if (!found.empty() && found.size() == limit) {
        const auto last = found.back().at("namespace").get<std::string>();
        const auto escaped = page_link(namespaces_path, query, &last);
        body["next"] = escaped;
    }
    return Response::json(200, body);
}

// Times onto everything that has some.
void stamp(json& items, const std::string& time) {
    for (auto& item : items) {
        item["created_at"] = time;
        item["updated_at"] = time;
    }
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_TRY(json body, checked_body(request, namespace_schema_text));
    VTPMLAB_CHECK(may_write(request, "add_metadef_namespace"));
    const std::string time = http::timestamp(parts.clock.now());
    json definition = body;
    definition.emplace("visibility", "private");
    definition.emplace("protected", false);
    definition.emplace("owner", request.caller->project_id);
    definition["created_at"] = definition["updated_at"] = time;
    for (const char* list : {"resource_type_associations", "objects", "tags"})
        if (definition.contains(list)) {
            VTPMLAB_CHECK(need_names(definition[list], "namespace"));
            stamp(definition[list], time);
        }
    const auto name = definition.at("namespace").get<std::string>();
    if (!parts.metadefs.insert(definition))
        return refuse(409,
                      fmt::format("The metadata definition namespace={} already exists.", name));
    if (has(definition, "resource_type_associations"))
        for (const auto& association : definition["resource_type_associations"])
            parts.metadefs.ensure_resource_type(association.value("name", ""), time);
    json answer = own_part(definition);
    for (const char* part : {"resource_type_associations", "properties", "objects", "tags"})
        if (has(body, part))
            answer[part] = body[part];
    return Response::json(201, answer)
        .with("Location", request.base_url + namespaces_path + "/" + name);
}

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request));
    return Response::json(200, whole(definition, request.query.find("resource_type")));
}

Outcome<Response> update(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, checked_body(request, namespace_schema_text));
    VTPMLAB_TRY(const json seen, visible_namespace(parts, request));
    VTPMLAB_CHECK(may_write(request, "modify_metadef_namespace"));
    VTPMLAB_TRY(const json changed,
                parts.metadefs.change(
                    request.parameter("namespace"), [&](json& definition) -> Outcome<void> {
                        for (const char* field : {"display_name", "description"})
                            definition.erase(field);
                        for (const char* field : {"namespace", "display_name", "description",
                                                  "visibility", "protected", "owner"})
                            if (body.contains(field))
                                definition[field] = body[field];
                        definition["updated_at"] = http::timestamp(parts.clock.now());
                        return {};
                    }));
    return Response::json(200, own_part(changed));
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    VTPMLAB_CHECK(may_write(request, "delete_metadef_namespace"));
    const std::string& name = request.parameter("namespace");
    if (definition.at("protected") == true)
        return refuse(403, fmt::format("Metadata definition namespace {} is protected and cannot "
                                       "be deleted.",
                                       name));
    if (!parts.metadefs.remove(name))
        return namespace_not_found(name);
    return nothing();
}

Outcome<Response> resource_types(Parts parts, const Request&) {
    return Response::json(200, {{"resource_types", parts.metadefs.resource_types()}});
}

Outcome<Response> associations(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    return Response::json(200, {{"resource_type_associations",
                                 definition.value("resource_type_associations", json::array())}});
}

Outcome<Response> associate(Parts parts, const Request& request) {
    VTPMLAB_TRY(json association, checked_body(request, resource_type_schema_text));
    VTPMLAB_TRY(const json seen, visible_namespace(parts, request, namespace_not_found));
    VTPMLAB_CHECK(may_write(request, "add_metadef_resource_type_association"));
    const std::string time = http::timestamp(parts.clock.now());
    const std::string& name_space = request.parameter("namespace");
    const auto name = association.at("name").get<std::string>();
    association["created_at"] = association["updated_at"] = time;
    const auto changed = parts.metadefs.change(name_space, [&](json& definition) -> Outcome<void> {
        json& all = definition["resource_type_associations"];
        if (position_of(all, name) < all.size())
            return refuse(409, fmt::format("The metadata definition resource-type association of "
                                           "resource-type={} to namespace={} already exists.",
                                           name, name_space));
        all.push_back(association);
        return {};
    });
    if (!changed)
        return tl::unexpected(changed.error());
    parts.metadefs.ensure_resource_type(name, time);
    return Response::json(201, association);
}

Outcome<Response> dissociate(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json seen, visible_namespace(parts, request, namespace_not_found));
    VTPMLAB_CHECK(may_write(request, "remove_metadef_resource_type_association"));
    const std::string& name = request.parameter("resource_type");
    const auto changed = parts.metadefs.change(
        request.parameter("namespace"), [&](json& definition) -> Outcome<void> {
            json& all = definition["resource_type_associations"];
            const std::size_t at = position_of(all, name);
            if (at == all.size())
                return refuse(404, fmt::format("Failed to find resource type {} to delete", name));
            all.erase(at);
            return {};
        });
    if (!changed)
        return tl::unexpected(changed.error());
    return nothing();
}

} // namespace

Outcome<json> visible_namespace(Parts parts, const Request& request,
                                tl::unexpected<http::Fault> (*missing)(std::string_view)) {
    const std::string& name = request.parameter("namespace");
    auto definition = parts.metadefs.find(name);
    if (!definition)
        return missing(name);
    if (!is_visible(*request.caller, *definition))
        return refuse(404, "The resource could not be found.");
    return std::move(*definition);
}

tl::unexpected<http::Fault> namespace_not_found(std::string_view name) {
    return refuse(404, fmt::format("Namespace {} not found", name));
}

Outcome<void> may_write(const Request& request, std::string_view action) {
    if (is_admin(*request.caller))
        return {};
    return refuse(403, fmt::format("You are not authorized to complete {} action.", action));
}

Outcome<json> checked_body(const Request& request, std::string_view schema_text) {
    VTPMLAB_TRY(json body, request.json());
    if (!body.is_object())
        return refuse(400, "Unexpected body type. Expected list/dict.");
    VTPMLAB_CHECK(check_document(schema_text, nlohmann::ordered_json::parse(request.body)));
    return body;
}

Outcome<void> need_names(const json& items, std::string_view schema) {
    const bool are_named = std::all_of(items.begin(), items.end(), [](const json& item) {
        return item.is_object() && item.contains("name") && item["name"].is_string();
    });
    if (!are_named)
        return refuse(400, fmt::format("Provided object does not match schema '{}': 'name' is a "
                                       "required property",
                                       schema));
    return {};
}

std::size_t position_of(const json& items, std::string_view name) {
    for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i].at("name") == name)
            return i;
    return items.size();
}

http::Route metadef_route(Parts parts, const char* method, const char* path,
                          Outcome<Response> (*handler)(Parts, const Request&)) {
    http::Route route{method, path,
                      [parts, handler](const Request& request) { return handler(parts, request); }};
    const std::string_view verb = method;
    route.body = verb == "POST" || verb == "PUT" ? http::Body::json : http::Body::none;
    return route;
}

std::vector<http::Route> metadef_routes(Parts parts) {
    const auto route = [parts](const char* method, const char* path, auto handler) {
        return metadef_route(parts, method, path, handler);
    };
    std::vector<http::Route> routes = {
        route("GET", "/v2/metadefs/resource_types", resource_types),
        route("GET", "/v2/metadefs/namespaces", list),
        route("POST", "/v2/metadefs/namespaces", create),
        route("GET", "/v2/metadefs/namespaces/{namespace}", show),
        route("PUT", "/v2/metadefs/namespaces/{namespace}", update),
        route("DELETE", "/v2/metadefs/namespaces/{namespace}", remove),
        route("GET", "/v2/metadefs/namespaces/{namespace}/resource_types", associations),
        route("POST", "/v2/metadefs/namespaces/{namespace}/resource_types", associate),
        route("DELETE", "/v2/metadefs/namespaces/{namespace}/resource_types/{resource_type}",
              dissociate)};
    for (auto* table : {metadef_property_routes, metadef_object_routes, metadef_tag_routes})
        for (auto& route_of_items : table(parts))
            routes.push_back(std::move(route_of_items));
    return routes;
}

} // namespace vtpmlab::fakes::glance
