#include "glance/published_schemas.h"

#include "glance/schema_check.h"
#include "glance/schema_texts.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

using nlohmann::json;

namespace {

json page_links() {
    return json::array({{{"href", "{first}"}, {"rel", "first"}},
                        {{"href", "{next}"}, {"rel", "next"}},
                        {{"href", "{schema}"}, {"rel", "describedby"}}});
}

} // namespace

const json& image_schema() {
    static const json schema = json::parse(image_schema_text);
    return schema;
}

json collection_schema(const std::string& plural, const json& item) {
    json schema = {
        {"name", plural},
        {"properties",
         {{plural, {{"type", "array"}, {"items", item}}}, {"schema", {{"type", "string"}}}}},
        {"links", json::array({{{"href", "{schema}"}, {"rel", "describedby"}}})}};
    if (plural == "images") {
        schema["properties"]["first"] = {{"type", "string"}};
        schema["properties"]["next"] = {{"type", "string"}};
        schema["links"] = page_links();
    }
    return schema;
}

json metadef_collection_schema(const std::string& plural, json item) {
    json schema = {{"name", plural}, {"links", page_links()}};
    if (item.contains("definitions")) {
        schema["definitions"] = item["definitions"];
        item.erase("definitions");
    }
    if (plural == "properties") // there the name is the key
        item["required"] = {"type", "title"};
    json& properties = schema["properties"];
    for (const char* name : {"first", "next", "schema"})
        properties[name] = {{"type", "string"}};
    properties[plural] = plural == "properties"
                             ? json{{"type", "object"}, {"additionalProperties", std::move(item)}}
                             : json{{"type", "array"}, {"items", std::move(item)}};
    return schema;
}

http::Outcome<void> check_schema(const json& image) {
    return check_document(image_schema_text, image);
}

} // namespace vtpmlab::fakes::glance
