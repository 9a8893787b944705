// What a namespace of metadata definitions holds: properties, objects, tags.

#include "glance/metadef_access.h"
#include "glance/schema_check.h"
#include "glance/schema_texts.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace vtpmlab::fakes::glance {

namespace {

tl::unexpected<http::Fault> duplicate(const char* what, const std::string& name,
                                      const Request& request) {
    return refuse(409, fmt::format("A metadata definition {} with name={} already exists in "
                                   "namespace={}.",
                                   what, name, request.parameter("namespace")));
}

tl::unexpected<http::Fault> duplicate_tag(const std::string& name, const Request& request) {
    return refuse(409, fmt::format("A metadata tag with name={} already exists in namespace={}. "
                                   "(Please note that metadata tag names are case insensitive).",
                                   name, request.parameter("namespace")));
}

// Checks that the caller sees the namespace and may write, and changes it.
Outcome<void>
write(Parts parts, const Request& request, const char* action,
      const std::function<Outcome<void>(json&)>& change,
      tl::unexpected<http::Fault> (*missing)(std::string_view) = namespace_not_found) {
    VTPMLAB_TRY(const json seen, visible_namespace(parts, request, missing));
    VTPMLAB_CHECK(may_write(request, action));
    const auto changed = parts.metadefs.change(request.parameter("namespace"), change);
    if (!changed)
        return tl::unexpected(changed.error());
    return {};
}

// What lists take beside their pages.
Outcome<void> check_list_query(const http::Query& query) {
    const std::string* const direction = query.find("sort_dir");
    if (direction && *direction != "asc" && *direction != "desc")
        return refuse(400, fmt::format("Invalid sort direction: {}", *direction));
    const std::string* const visibility = query.find("visibility");
    if (visibility && !visibility->empty() && *visibility != "public" && *visibility != "private" &&
        *visibility != "shared")
        return refuse(400, fmt::format("Invalid visibility value: {}", *visibility));
    return {};
}

// --- properties

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
    VTPMLAB_CHECK(
        write(parts, request, "add_metadef_property", [&](json& definition) -> Outcome<void> {
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
    VTPMLAB_CHECK(
        write(parts, request, "modify_metadef_property", [&](json& definition) -> Outcome<void> {
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
    VTPMLAB_CHECK(
        write(parts, request, "remove_metadef_property", [&](json& definition) -> Outcome<void> {
            if (!definition.contains("properties") || definition["properties"].erase(name) == 0)
                return no_property(name);
            return {};
        }));
    return nothing();
}

// --- objects

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
    VTPMLAB_CHECK(write(
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
    VTPMLAB_CHECK(write(
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
    VTPMLAB_CHECK(write(
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

// --- tags

tl::unexpected<http::Fault> no_tag(std::string_view name) {
    return refuse(404, fmt::format("Could not find metadata tag {}", name));
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

// Tags differ in more than case.
std::size_t position_of_tag(const json& tags, const std::string& name) {
    for (std::size_t i = 0; i < tags.size(); ++i)
        if (lowered(tags[i].at("name").get<std::string>()) == lowered(name))
            return i;
    return tags.size();
}

json new_tag(Parts parts, const std::string& name) {
    const std::string time = http::timestamp(parts.clock.now());
    return {{"name", name}, {"created_at", time}, {"updated_at", time}};
}

json tag_names(const json& tags) {
    json names = json::array();
    for (const auto& tag : tags)
        names.push_back({{"name", tag.at("name")}});
    return names;
}

// They are kept as they came, which is the order of their ids and times of making.
Outcome<json> sorted_tags(json tags, const http::Query& query) {
    const std::string* const key = query.find("sort_key");
    if (key && (*key == "name" || *key == "updated_at"))
        std::stable_sort(tags.begin(), tags.end(),
                         [&](const json& a, const json& b) { return a.at(*key) < b.at(*key); });
    else if (key && *key != "created_at" && *key != "id")
        return refuse(400, fmt::format("Invalid sort key: {}", *key)); // a 500 of the real one
    const std::string* const direction = query.find("sort_dir");
    if (!direction || *direction == "desc")
        std::reverse(tags.begin(), tags.end());
    return tags;
}

Outcome<Response> list_tags(Parts parts, const Request& request) {
    const http::Query& query = request.query;
    VTPMLAB_CHECK(check_list_query(query));
    const std::string* const asked = query.find("limit");
    std::size_t limit = std::numeric_limits<std::size_t>::max();
    if (asked && !asked->empty()) {
        VTPMLAB_TRY(limit, limit_of(query));
    }
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    VTPMLAB_TRY(json tags, sorted_tags(definition.value("tags", json::array()), query));
    if (const std::string* marker = query.find("marker"); marker && !marker->empty()) {
        const std::size_t at = position_of(tags, *marker);
        if (at == tags.size())
            return no_tag(*marker);
        tags.erase(tags.begin(), tags.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    if (tags.size() > limit)
        tags.erase(tags.begin() + static_cast<std::ptrdiff_t>(limit), tags.end());
    return Response::json(200, {{"tags", tag_names(tags)}});
}

Outcome<Response> show_tag(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    const json all = definition.value("tags", json::array());
    const std::size_t at = position_of_tag(all, request.parameter("tag"));
    if (at == all.size())
        return no_tag(request.parameter("tag"));
    return Response::json(200, all[at]);
}

Outcome<Response> add_tag(Parts parts, const Request& request) {
    const std::string& name = request.parameter("tag");
    const json tag = new_tag(parts, name);
    VTPMLAB_CHECK(check_document(tag_schema_text, tag));
    VTPMLAB_CHECK(write(parts, request, "add_metadef_tag", [&](json& definition) -> Outcome<void> {
        json& all = definition["tags"];
        if (position_of_tag(all, name) < all.size())
            return duplicate_tag(name, request);
        all.push_back(tag);
        return {};
    }));
    return Response::json(201, tag);
}

// All at once: what was there goes, unless the client wants to keep it.
Outcome<Response> set_tags(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.is_object() || !body.contains("tags") || !body["tags"].is_array())
        return refuse(400, "Provided object does not match schema 'tags': 'tags' is a required "
                           "property");
    VTPMLAB_CHECK(need_names(body["tags"], "tags"));
    for (const auto& tag : body["tags"])
        VTPMLAB_CHECK(check_document(tag_schema_text, tag));
    const bool keeps = request.headers.value("X-Openstack-Append") == "True";
    VTPMLAB_CHECK(write(parts, request, "add_metadef_tags", [&](json& definition) -> Outcome<void> {
        json all = keeps ? definition.value("tags", json::array()) : json::array();
        for (const auto& tag : body["tags"]) {
            const auto name = tag.at("name").get<std::string>();
            if (position_of_tag(all, name) < all.size())
                return duplicate_tag(name, request);
            all.push_back(new_tag(parts, name));
        }
        definition["tags"] = std::move(all);
        return {};
    }));
    return Response::json(201, {{"tags", tag_names(body["tags"])}});
}

Outcome<Response> update_tag(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, checked_body(request, tag_schema_text));
    const auto name = body.at("name").get<std::string>();
    json tag;
    VTPMLAB_CHECK(
        write(parts, request, "modify_metadef_tag", [&](json& definition) -> Outcome<void> {
            json& all = definition["tags"];
            const std::size_t at = position_of_tag(all, request.parameter("tag"));
            if (at == all.size())
                return no_tag(request.parameter("tag"));
            const std::size_t same = position_of_tag(all, name);
            if (same < all.size() && same != at)
                return duplicate_tag(name, request);
            all[at]["name"] = name;
            all[at]["updated_at"] = http::timestamp(parts.clock.now());
            tag = all[at];
            return {};
        }));
    return Response::json(200, tag);
}

Outcome<Response> remove_tag(Parts parts, const Request& request) {
    VTPMLAB_CHECK(
        write(parts, request, "delete_metadef_tag", [&](json& definition) -> Outcome<void> {
            json& all = definition["tags"];
            const std::size_t at = position_of_tag(all, request.parameter("tag"));
            if (at == all.size())
                return no_tag(request.parameter("tag"));
            all.erase(at);
            return {};
        }));
    return nothing();
}

// --- all of a kind

template <const char* const& kind, const char* const& action>
Outcome<Response> remove_all(Parts parts, const Request& request) {
    VTPMLAB_CHECK(write(parts, request, action, [](json& definition) -> Outcome<void> {
        definition.erase(kind);
        return {};
    }));
    return nothing();
}

constexpr const char* properties_kind = "properties";
constexpr const char* objects_kind = "objects";
constexpr const char* tags_kind = "tags";
constexpr const char* clear_action = "modify_metadef_namespace";
constexpr const char* clear_tags_action = "delete_metadef_tags";

} // namespace

json described_object(const json& object, std::string_view name_space) {
    json body = object;
    body["self"] = fmt::format("/v2/metadefs/namespaces/{}/objects/{}", name_space,
                               object.at("name").get<std::string>());
    body["schema"] = "/v2/schemas/metadefs/object";
    return body;
}

std::vector<http::Route> metadef_item_routes(Parts parts) {
    const auto route = [parts](const char* method, const std::string& path, auto handler) {
        return metadef_route(parts, method, ("/v2/metadefs/namespaces/{namespace}/" + path).c_str(),
                             handler);
    };
    http::Route add_one_tag = route("POST", "tags/{tag}", add_tag);
    add_one_tag.body = http::Body::none;
    return {route("GET", "properties", list_properties),
            route("POST", "properties", add_property),
            route("DELETE", "properties", remove_all<properties_kind, clear_action>),
            route("GET", "properties/{property}", show_property),
            route("PUT", "properties/{property}", update_property),
            route("DELETE", "properties/{property}", remove_property),
            route("GET", "objects", list_objects),
            route("POST", "objects", add_object),
            route("DELETE", "objects", remove_all<objects_kind, clear_action>),
            route("GET", "objects/{object}", show_object),
            route("PUT", "objects/{object}", update_object),
            route("DELETE", "objects/{object}", remove_object),
            route("GET", "tags", list_tags),
            route("POST", "tags", set_tags),
            route("DELETE", "tags", remove_all<tags_kind, clear_tags_action>),
            route("GET", "tags/{tag}", show_tag),
            std::move(add_one_tag),
            route("PUT", "tags/{tag}", update_tag),
            route("DELETE", "tags/{tag}", remove_tag)};
}

} // namespace vtpmlab::fakes::glance
