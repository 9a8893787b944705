// The objects of a namespace of metadata definitions: properties that belong together.

#include "glance/metadef_items.h"
#include "glance/schema_texts.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

namespace {

tl::unexpected<http::Fault> no_object(std::string_view name) {
    return refuse(404, fmt::format("Could not find metadata object {}", name));
}

// All of them: the real one looks at what is said of pages and makes none.
Outcome<Response> list_objects(Parts parts, const Request& request) {
    VTPMLAB_CHECK(check_list_query(request.query));
    VTPMLAB_TRY(const std::size_t limit, limit_of(request.query));
    if (limit == 0)
        return refuse(400, "limit param must be positive");
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request));
    json objects = json::array();
    for (const auto& object : definition.value("objects", json::array()))
        objects.push_back(described_object(object, request.parameter("namespace")));
    // Without the first slash: as the real one answers.
    return Response::json(
        200, {{"objects", std::move(objects)}, {"schema", "v2/schemas/metadefs/objects"}});
}

Outcome<Response> show_object(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request));
    const json all = definition.value("objects", json::array());
    const std::size_t at = position_of(all, request.parameter("object"));
    if (at == all.size())
        return no_object(request.parameter("object"));
    return Response::json(200, described_object(all[at], request.parameter("namespace")));
}

Outcome<Response> add_object(Parts parts, const Request& request) {
    VTPMLAB_TRY(json object, checked_body(request, object_schema_text));
    const auto name = object.at("name").get<std::string>();
    object["created_at"] = object["updated_at"] = http::timestamp(parts.clock.now());
    VTPMLAB_CHECK(change_namespace(
        parts, request, "add_metadef_object",
        [&](json& definition) -> Outcome<void> {
            json& all = definition["objects"];
            if (position_of(all, name) < all.size())
                return duplicate("object", name, request);
            all.push_back(object);
            return {};
        },
        no_namespace));
    return Response::json(201, described_object(object, request.parameter("namespace")));
}

Outcome<Response> update_object(Parts parts, const Request& request) {
    VTPMLAB_TRY(json object, checked_body(request, object_schema_text));
    const auto name = object.at("name").get<std::string>();
    const std::string& old_name = request.parameter("object");
    VTPMLAB_CHECK(change_namespace(
        parts, request, "modify_metadef_object",
        [&](json& definition) -> Outcome<void> {
            json& all = definition["objects"];
            const std::size_t at = position_of(all, old_name);
            if (at == all.size())
                return no_object(old_name);
            if (name != old_name && position_of(all, name) < all.size())
                return duplicate("object", name, request);
            object["created_at"] = all[at].at("created_at");
            object["updated_at"] = http::timestamp(parts.clock.now());
            all[at] = object;
            return {};
        },
        no_namespace));
    return Response::json(200, described_object(object, request.parameter("namespace")));
}

Outcome<Response> remove_object(Parts parts, const Request& request) {
    const std::string& name = request.parameter("object");
    VTPMLAB_CHECK(change_namespace(
        parts, request, "delete_metadef_object",
        [&](json& definition) -> Outcome<void> {
            json& all = definition["objects"];
            const std::size_t at = position_of(all, name);
            if (at == all.size())
                return no_object(name);
            all.erase(at);
            return {};
        },
        no_namespace));
    return nothing();
}

Outcome<Response> remove_objects(Parts parts, const Request& request) {
    return remove_all(parts, request, "objects", "modify_metadef_namespace");
}

} // namespace

json described_object(const json& object, std::string_view name_space) {
    json body = object;
    body["self"] = fmt::format("/v2/metadefs/namespaces/{}/objects/{}", name_space,
                               object.at("name").get<std::string>());
    body["schema"] = "/v2/schemas/metadefs/object";
    return body;
}

std::vector<http::Route> metadef_object_routes(Parts parts) {
    const auto route = item_route(parts);
    return {route("GET", "objects", list_objects),
            route("POST", "objects", add_object),
            route("DELETE", "objects", remove_objects),
            route("GET", "objects/{object}", show_object),
            route("PUT", "objects/{object}", update_object),
            route("DELETE", "objects/{object}", remove_object)};
}

} // namespace vtpmlab::fakes::glance
