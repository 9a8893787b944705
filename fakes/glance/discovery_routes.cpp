// What clients ask before they ask for anything: versions, schemas, ways to import.

#include "glance/image_schema.h"
#include "glance/routes.h"
#include "glance/schema_texts.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

using http::Access;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

Response schema(const json& body) { return Response::json(200, body); }

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
    const auto member = [] { return json::parse(member_schema_text); };
    return {
        {"GET", "/", version_choices, Access::open},
        {"GET", "/versions",
         [](const Request& request) {
             Response response = version_choices(request);
             response.status = 200; // whoever asks for the list by name has no choice to make
             return response;
         },
         Access::open},
        {"GET", "/v2/schemas/image", [](const Request&) { return schema(image_schema()); }},
        {"GET", "/v2/schemas/images",
         [](const Request&) { return schema(collection_schema("images", image_schema())); }},
        {"GET", "/v2/schemas/member", [member](const Request&) { return schema(member()); }},
        {"GET", "/v2/schemas/members",
         [member](const Request&) { return schema(collection_schema("members", member())); }},
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
    };
}

} // namespace vtpmlab::fakes::glance
