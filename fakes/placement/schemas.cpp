#include "placement/schemas.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::fakes::placement::schemas {

namespace {

using Json = http::OrderedJson;

constexpr const char* uuid_key = "^[0-9a-fA-F-]{36}$";
constexpr const char* name_key = "^[A-Z0-9_]+$";
constexpr const char* custom_name = "^CUSTOM_[A-Z0-9_]+$";
constexpr const char* group_number = "[1-9][0-9]*";
constexpr const char* group_name = "[a-zA-Z0-9_-]{1,64}"; // from 1.33 on

Json uuid() { return {{"type", "string"}, {"format", "uuid"}}; }
Json text(int shortest, int longest) {
    return {{"type", "string"}, {"minLength", shortest}, {"maxLength", longest}};
}
Json any_text() { return {{"type", "string"}}; }
Json integer() { return {{"type", "integer"}}; }
Json amount() { return {{"type", "integer"}, {"minimum", 1}}; }
Json count(int least) { return {{"type", "integer"}, {"maximum", 2147483647}, {"minimum", least}}; }

Json object(Json properties, std::initializer_list<const char*> required) {
    Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (required.size() > 0)
        schema["required"] = Json::array();
    for (const char* name : required)
        schema["required"].push_back(name);
    schema["additionalProperties"] = false;
    return schema;
}

// Makes a schema once for each form it has; `since` are the minors a new form begins with.
class Forms {
public:
    Forms(std::vector<int> since, std::function<Json(int)> make)
        : since_(std::move(since)), make_(std::move(make)) {}
    const JsonSchema& at(int minor) {
        int form = 0;
        for (const int begin : since_)
            form = minor >= begin ? begin : form;
        const std::lock_guard lock(mutex_);
        auto found = made_.find(form);
        if (found == made_.end())
            found = made_.try_emplace(form, make_(form)).first;
        return found->second;
    }

private:
    std::vector<int> since_;
    std::function<Json(int)> make_;
    std::mutex mutex_;
    std::map<int, JsonSchema> made_;
};

Json provider(int minor, bool with_uuid) {
    Json properties = {{"name", {{"type", "string"}, {"maxLength", 200}}}};
    if (with_uuid)
        properties["uuid"] = uuid();
    if (minor >= 14)
        properties["parent_provider_uuid"] = {
            {"anyOf", Json::array({uuid(), Json{{"type", "null"}}})}};
    return object(std::move(properties), {"name"});
}

Json inventory(std::initializer_list<const char*> required, bool with_class) {
    Json properties = {{"resource_provider_generation", integer()},
                       {"total", count(1)},
                       {"reserved", count(0)},
                       {"min_unit", count(1)},
                       {"max_unit", count(1)},
                       {"step_size", count(1)},
                       {"allocation_ratio", {{"type", "number"}, {"maximum", 3.40282e+38}}}};
    if (with_class)
        properties["resource_class"] = {{"type", "string"}, {"pattern", name_key}};
    return object(std::move(properties), required);
}

Json inventories() {
    return object(
        {{"resource_provider_generation", integer()},
         {"inventories",
          {{"type", "object"}, {"patternProperties", {{name_key, inventory({"total"}, false)}}}}}},
        {"resource_provider_generation", "inventories"});
}

Json resources() {
    return {{"type", "object"},
            {"minProperties", 1},
            {"patternProperties", {{name_key, amount()}}},
            {"additionalProperties", false}};
}

// Before 1.12 a list.
Json listed_allocations(int minor) {
    Json item = object(
        {{"resource_provider", object({{"uuid", uuid()}}, {"uuid"})}, {"resources", resources()}},
        {"resource_provider", "resources"});
    Json properties = {
        {"allocations", {{"type", "array"}, {"minItems", 1}, {"items", std::move(item)}}}};
    if (minor < 8)
        return object(std::move(properties), {"allocations"});
    properties["project_id"] = text(1, 255);
    properties["user_id"] = text(1, 255);
    return object(std::move(properties), {"allocations", "project_id", "user_id"});
}

Json allocations(int minor, bool may_be_empty) {
    Json schema = {{"type", "object"},
                   {"properties",
                    {{"allocations",
                      {{"type", "object"},
                       {"minProperties", may_be_empty ? 0 : 1},
                       {"patternProperties",
                        {{uuid_key, object({{"generation", integer()}, {"resources", resources()}},
                                           {"resources"})}}},
                       {"additionalProperties", false}}},
                     {"project_id", text(1, 255)},
                     {"user_id", text(1, 255)}}},
                   {"additionalProperties", false},
                   {"required", {"allocations", "project_id", "user_id"}}};
    Json& properties = schema["properties"];
    if (minor >= 28) {
        properties["consumer_generation"] = {{"type", {"integer", "null"}},
                                             {"additionalProperties", false}};
        schema["required"].push_back("consumer_generation");
    }
    if (minor >= 34)
        properties["mappings"] = {
            {"type", "object"},
            {"minProperties", 1},
            {"patternProperties",
             {{group_name, {{"type", "array"}, {"minItems", 1}, {"items", uuid()}}}}}};
    if (minor >= 38) {
        properties["consumer_type"] = {
            {"type", "string"}, {"pattern", name_key}, {"minLength", 1}, {"maxLength", 255}};
        schema["required"].push_back("consumer_type");
    }
    return schema;
}

Json many_allocations(int minor, int least) {
    return {{"type", "object"},
            {"minProperties", least},
            {"additionalProperties", false},
            {"patternProperties", {{uuid_key, allocations(minor, true)}}}};
}

Json reshaping(int minor) {
    return object({{"inventories",
                    {{"type", "object"},
                     {"patternProperties", {{uuid_key, inventories()}}},
                     {"minProperties", 1},
                     {"additionalProperties", false}}},
                   {"allocations", many_allocations(minor, 0)}},
                  {"inventories", "allocations"});
}

Json candidate_query(int minor) {
    Json properties = Json::object();
    if (minor < 25)
        properties["resources"] = any_text();
    if (minor >= 16)
        properties["limit"] = {{"type", {"integer", "string"}},
                               {"pattern", "^[1-9][0-9]*$"},
                               {"minimum", 1},
                               {"minLength", 1}};
    if (minor >= 17 && minor < 25)
        properties["required"] = {{"type", {"string"}}};
    if (minor >= 21 && minor < 25)
        properties["member_of"] = {{"type", {"string"}}};
    if (minor < 25)
        return object(std::move(properties), {"resources"});
    properties["group_policy"] = {{"type", "string"}, {"enum", {"none", "isolate"}}};
    if (minor >= 35)
        properties["root_required"] = {{"type", {"string"}}};
    if (minor >= 36)
        properties["same_subtree"] = {{"type", {"string"}}};
    Json patterns;
    for (const std::string name : {"resources", "required", "member_of", "in_tree"})
        if (name != "in_tree" || minor >= 31)
            patterns["^" + name + "(" + (minor >= 33 ? group_name : group_number) + ")?$"] =
                any_text();
    Json schema = object(std::move(properties), {});
    schema["patternProperties"] = std::move(patterns);
    return schema;
}

} // namespace

const JsonSchema& create_provider(int minor) {
    static Forms forms({14}, [](int m) { return provider(m, true); });
    return forms.at(minor);
}

const JsonSchema& update_provider(int minor) {
    static Forms forms({14}, [](int m) { return provider(m, false); });
    return forms.at(minor);
}

const JsonSchema& list_providers(int minor) {
    static Forms forms({3, 4, 14, 18}, [](int m) {
        Json properties = {{"name", any_text()}, {"uuid", uuid()}};
        if (m >= 3)
            properties["member_of"] = any_text();
        if (m >= 4)
            properties["resources"] = any_text();
        if (m >= 14)
            properties["in_tree"] = uuid();
        if (m >= 18)
            properties["required"] = any_text();
        return object(std::move(properties), {});
    });
    return forms.at(minor);
}

const JsonSchema& all_inventories() {
    static const JsonSchema schema(inventories());
    return schema;
}

const JsonSchema& new_inventory() {
    static const JsonSchema schema(inventory({"total", "resource_class"}, true));
    return schema;
}

const JsonSchema& one_inventory() {
    static const JsonSchema schema(inventory({"total", "resource_provider_generation"}, false));
    return schema;
}

const JsonSchema& provider_traits() {
    static const JsonSchema schema(object({{"traits", {{"type", "array"}, {"items", text(1, 255)}}},
                                           {"resource_provider_generation", integer()}},
                                          {"traits", "resource_provider_generation"}));
    return schema;
}

const JsonSchema& provider_aggregates(int minor) {
    static Forms forms({19}, [](int m) {
        Json list = {{"type", "array"}, {"items", uuid()}, {"uniqueItems", true}};
        return m < 19 ? list
                      : object({{"aggregates", list}, {"resource_provider_generation", integer()}},
                               {"aggregates", "resource_provider_generation"});
    });
    return forms.at(minor);
}

const JsonSchema& list_traits() {
    static const JsonSchema schema(object({{"name", any_text()}, {"associated", any_text()}}, {}));
    return schema;
}

const JsonSchema& resource_class() {
    static const JsonSchema schema(object(
        {{"name", {{"type", "string"}, {"pattern", custom_name}, {"maxLength", 255}}}}, {"name"}));
    return schema;
}

const JsonSchema& allocations_of_one(int minor) {
    static Forms forms({8, 12, 28, 34, 38}, [](int m) {
        return m < 12 ? listed_allocations(m) : allocations(m, m >= 28);
    });
    return forms.at(minor);
}

const JsonSchema& allocations_of_many(int minor) {
    static Forms forms({28, 34, 38}, [](int m) { return many_allocations(m, 1); });
    return forms.at(minor);
}

const JsonSchema& reshaper(int minor) {
    // Consumer generations are part of it since its first version, 1.30.
    static Forms forms({34, 38}, [](int m) { return reshaping(std::max(m, 28)); });
    return forms.at(minor);
}

const JsonSchema& usages(int minor) {
    static Forms forms({38}, [](int m) {
        Json properties = {{"project_id", text(1, 255)}, {"user_id", text(1, 255)}};
        if (m >= 38)
            properties["consumer_type"] = {{"type", "string"},
                                           {"pattern", "^[A-Z0-9_]+$|^all|^unknown$"},
                                           {"minLength", 1},
                                           {"maxLength", 255}};
        return object(std::move(properties), {"project_id"});
    });
    return forms.at(minor);
}

const JsonSchema& candidates(int minor) {
    static Forms forms({16, 17, 21, 25, 31, 33, 35, 36}, candidate_query);
    return forms.at(minor);
}

} // namespace vtpmlab::fakes::placement::schemas
