// The properties a namespace of metadata definitions describes.

#include "glance/metadef_items.h"
#include "glance/schema_texts.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

namespace {

tl::unexpected<http::Fault> no_property(std::string_view name) {
    return refuse(404, fmt::format("Could not find property {}", name));
}

json named(const std::string& name, json property) {
    property["name"] = name;
    return property;
}

Outcome<Response> list_properties(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    return Response::json(200, {{"properties", definition.value("properties", json::object())}});
}

// Asked for with a resource type, the name bears that type's prefix.
std::string without_prefix(const json& definition, const std::string& name,
                           const std::string* resource_type) {
    if (!resource_type || !definition.contains("resource_type_associations"))
        return name;
    const json& all = definition["resource_type_associations"];
    const std::size_t at = position_of(all, *resource_type);
    const std::string prefix = at < all.size() ? all[at].value("prefix", "") : std::string();
    return name.substr(0, prefix.size()) == prefix ? name.substr(prefix.size()) : name;
}

Outcome<Response> show_property(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    const std::string name = without_prefix(definition, request.parameter("property"),
                                            request.query.find("resource_type"));
    const auto properties = definition.find("properties");
    if (properties == definition.end() || !properties->contains(name))
        return no_property(name);
    return Response::json(200, named(name, (*properties)[name]));
}

Outcome<Response> add_property(Parts parts, const Request& request) {
    VTPMLAB_TRY(json body, checked_body(request, property_schema_text));
    const auto name = body.at("name").get<std::string>();
    body.erase("name");
    VTPMLAB_CHECK(change_namespace(parts, request, "add_metadef_property",
                                   [&](json& definition) -> Outcome<void> {
                                       json& all = definition["properties"];
                                       if (all.contains(name))
                                           return duplicate("property", name, request);
                                       all[name] = body;
                                       return {};
                                   }));
    return Response::json(201, named(name, body));
}

Outcome<Response> update_property(Parts parts, const Request& request) {
    VTPMLAB_TRY(json body, checked_body(request, property_schema_text));
    const auto name = body.at("name").get<std::string>();
    const std::string& old_name = request.parameter("property");
    body.erase("name");
    VTPMLAB_CHECK(change_namespace(parts, request, "modify_metadef_property",
                                   [&](json& definition) -> Outcome<void> {
                                       json& all = definition["properties"];
                                       if (!all.contains(old_name))
                                           return no_property(old_name);
                                       if (name != old_name && all.contains(name))
                                           return duplicate("property", name, request);
                                       all.erase(old_name);
                                       all[name] = body;
                                       return {};
                                   }));
    return Response::json(200, named(name, body));
}

Outcome<Response> remove_property(Parts parts, const Request& request) {
    const std::string& name = request.parameter("property");
    VTPMLAB_CHECK(change_namespace(
        parts, request, "remove_metadef_property", [&](json& definition) -> Outcome<void> {
            if (!definition.contains("properties") || definition["properties"].erase(name) == 0)
                return no_property(name);
            return {};
        }));
    return nothing();
}

Outcome<Response> remove_properties(Parts parts, const Request& request) {
    return remove_all(parts, request, "properties", "modify_metadef_namespace");
}

} // namespace

std::vector<http::Route> metadef_property_routes(Parts parts) {
    const auto route = item_route(parts);
    return {route("GET", "properties", list_properties),
            route("POST", "properties", add_property),
            route("DELETE", "properties", remove_properties),
            route("GET", "properties/{property}", show_property),
            route("PUT", "properties/{property}", update_property),
            route("DELETE", "properties/{property}", remove_property)};
}

} // namespace vtpmlab::fakes::glance
