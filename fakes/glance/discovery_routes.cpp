// What clients ask before they ask for anything: versions, schemas, ways to import.

#include "glance/policy.h"
#include "glance/published_schemas.h"
#include "glance/routes.h"
#include "glance/schema_texts.h"
#include "http/json.h"

#include <nlohmann/json.hpp>

#include <map>

namespace vtpmlab::fakes::glance {

using http::Access;

namespace {

// Every schema there is, as text, by the name clients ask for.
std::map<std::string, std::string> make_published() {
    const json member = json::parse(member_schema_text);
    std::map<std::string, json> schemas = {{"image", image_schema()},
                                           {"images", collection_schema("images", image_schema())},
                                           {"member", member},
                                           {"members", collection_schema("members", member)},
                                           {"task", json::parse(task_schema_text)},
                                           {"tasks", json::parse(tasks_schema_text)}};
    struct Pair {
        const char* one;
        const char* many;
        const char* list; // what the list's member is called
        std::string_view text;
    };
    for (const auto& [one, many, list, text] :
         {Pair{"namespace", "namespaces", "namespaces", namespace_schema_text},
          Pair{"resource_type", "resource_types", "resource_type_associations",
               resource_type_schema_text},
          Pair{"property", "properties", "properties", property_schema_text},
          Pair{"object", "objects", "objects", object_schema_text},
          Pair{"tag", "tags", "tags", tag_schema_text}}) {
        const json document = json::parse(text);
        schemas[std::string("metadefs/") + one] = document;
        schemas[std::string("metadefs/") + many] = metadef_collection_schema(list, document);
    }
    std::map<std::string, std::string> texts;
    for (const auto& [name, document] : schemas)
        texts[name] = http::dump_json(document);
    return texts;
}

const std::map<std::string, std::string>& published() {
    static const auto texts = make_published();
    return texts;
}

http::Outcome<Response> stores_in_detail(const Request& request) {
    if (!is_admin(*request.caller))
        return http::refuse(403, "You are not authorized to complete stores_info_detail action.");
    return Response::json(
        200, {{"stores", json::array({{{"id", "fast"},
                                       {"default", "true"},
                                       {"type", "file"},
                                       {"properties", {{"thin_provisioning", false}}}}})}});
}

} // namespace

Response version_choices(const Request& request) {
    json versions = json::array();
    for (const char* id : {"v2.15", "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7",
                           "v2.6", "v2.5", "v2.4", "v2.3", "v2.2", "v2.1", "v2.0"})
        versions.push_back(
            {{"id", id},
             {"status", versions.empty() ? "CURRENT" : "SUPPORTED"},
             {"links", json::array({{{"rel", "self"}, {"href", request.base_url + "/v2/"}}})}});
    return Response::json(300, {{"versions", std::move(versions)}});
}

std::vector<http::Route> discovery_routes(Parts) {
    std::vector<http::Route> routes = {
        {"GET", "/", version_choices, Access::open},
        {"GET", "/versions",
         [](const Request& request) {
             Response response = version_choices(request);
             response.status = 200; // whoever asks for the list by name has no choice to make
             return response;
         },
         Access::open},
        {"GET", "/v2/info/import",
         [](const Request&) {
             return Response::json(200, {{"import-methods",
                                          {{"description", "Import methods available."},
                                           {"type", "array"},
                                           {"value", {"glance-direct", "web-download"}}}}});
         }},
        {"GET", "/v2/info/stores",
         [](const Request&) {
             return Response::json(
                 200, {{"stores", json::array({{{"id", "fast"}, {"default", "true"}}})}});
         }},
        {"GET", "/v2/info/stores/detail", stores_in_detail},
        {"GET", "/v2/info/usage",
         [](const Request&) {
             return Response::json(200, {{"usage", json::object()}});
         }},
    };
    for (const auto& [name, text] : published())
        routes.push_back({"GET", "/v2/schemas/" + name, [&text = text](const Request&) {
                              return Response::text(200, text, "application/json");
                          }});
    return routes;
}

} // namespace vtpmlab::fakes::glance
