#include "keystone/schemas.h"

#include "http/json_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <initializer_list>
#include <map>
#include <string_view>

namespace vtpmlab::fakes::keystone {

using http::Outcome;
using http::refuse;
using Json = http::OrderedJson;

namespace {

Json text() { return {{"type", "string"}}; }
Json text_or_null() { return {{"type", Json::array({"string", "null"})}}; }
Json null_or_text() { return {{"type", Json::array({"null", "string"})}}; }
// Keystone makes one of its lists nullable in place, so null is among the booleans everywhere.
Json boolean() { return {{"type", "boolean"}, {"enum", {true, false, nullptr}}}; }
Json boolean_or_null() {
    Json schema = boolean();
    schema["type"] = {"boolean", "null"};
    return schema;
}
Json limited(int longest, const char* pattern) {
    return {{"type", "string"}, {"minLength", 1}, {"maxLength", longest}, {"pattern", pattern}};
}
Json name() { return limited(255, R"([\S]+)"); }
Json id() { return limited(64, "^[a-zA-Z0-9-]+$"); }
Json id_or_null() {
    Json schema = id();
    schema["type"] = {"string", "null"};
    return schema;
}
Json object(Json properties) { return {{"type", "object"}, {"properties", std::move(properties)}}; }
Json list(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json closed(Json schema) {
    schema["additionalProperties"] = false;
    return schema;
}
Json with_required(Json schema, std::initializer_list<const char*> required) {
    schema["required"] = Json::array();
    for (const char* key : required)
        schema["required"].push_back(key);
    return schema;
}

Json immutable_option() { return closed(object({{"immutable", boolean_or_null()}})); }

Json user_options() {
    Json methods = list(text());
    methods["minItems"] = 1;
    methods["uniqueItems"] = true;
    Json rules = {{"type", Json::array({"array", "null"})}};
    rules["items"] = std::move(methods);
    rules["uniqueItems"] = true;
    Json options = Json::object();
    for (const char* option :
         {"ignore_change_password_upon_first_use", "ignore_password_expiry",
          "ignore_lockout_failure_attempts", "lock_password", "ignore_user_inactivity"})
        options[option] = boolean_or_null();
    options["multi_factor_auth_rules"] = std::move(rules);
    options["multi_factor_auth_enabled"] = boolean_or_null();
    return closed(object(std::move(options)));
}

Json tag() { return limited(255, "^[^,/]*$"); }
Json tags() {
    Json schema = list(tag());
    schema["required"] = Json::array(); // of a list it says nothing
    schema["maxItems"] = 80;
    schema["uniqueItems"] = true;
    return schema;
}

Json project() {
    return {{"description", text_or_null()},
            {"domain_id", id_or_null()},
            {"enabled", boolean()},
            {"is_domain", boolean()},
            {"parent_id", id_or_null()},
            {"name", limited(64, R"([\S]+)")},
            {"tags", tags()},
            {"options", immutable_option()}};
}

Json domain() {
    return {{"description", text_or_null()},
            {"enabled", boolean()},
            {"name", limited(64, R"([\S]+)")},
            {"tags", tags()}};
}

Json federated() {
    Json protocol = with_required(object({{"protocol_id", text()}, {"unique_id", text()}}),
                                  {"protocol_id", "unique_id"});
    Json protocols = list(std::move(protocol));
    protocols["minItems"] = 1;
    return list(with_required(object({{"idp_id", text()}, {"protocols", std::move(protocols)}}),
                              {"idp_id", "protocols"}));
}

Json user() {
    return {{"default_project_id", id_or_null()},
            {"description", text_or_null()},
            {"domain_id", id()},
            {"enabled", boolean()},
            {"federated", federated()},
            {"name", name()},
            {"password", text_or_null()},
            {"options", user_options()}};
}

Json group() { return {{"description", text_or_null()}, {"domain_id", id()}, {"name", name()}}; }

Json role() { return {{"name", name()}, {"description", text()}, {"options", immutable_option()}}; }

Json region() {
    return {{"description", text_or_null()}, {"id", text()}, {"parent_region_id", text_or_null()}};
}

Json service() {
    return {{"enabled", boolean()},
            {"name", name()},
            {"type", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}}};
}

Json endpoint() {
    return {{"enabled", boolean()},
            {"interface", {{"type", "string"}, {"enum", {"admin", "internal", "public"}}}},
            {"region_id", text()},
            {"region", text()},
            {"service_id", text()},
            {"url",
             {{"type", "string"},
              {"minLength", 0},
              {"maxLength", 225},
              {"pattern", "^[a-zA-Z0-9+.-]+:.+"}}}};
}

Json application_credential() {
    Json role_reference = object({{"id", id()}, {"name", name()}});
    role_reference["minProperties"] = 1;
    role_reference["maxProperties"] = 1;
    Json rule = object(
        {{"path",
          {{"type", "string"}, {"minLength", 0}, {"maxLength", 225}, {"pattern", R"(^\/.*)"}}},
         {"method", {{"type", "string"}, {"pattern", "^(POST|GET|HEAD|PATCH|PUT|DELETE)$"}}},
         {"service", id()},
         {"id", id()}});
    return {{"name", name()},
            {"description", text_or_null()},
            {"secret", null_or_text()},
            {"expires_at", null_or_text()},
            {"roles", list(closed(std::move(role_reference)))},
            {"unrestricted", boolean()},
            {"access_rules", list(closed(std::move(rule)))}};
}

Json token_issue() {
    const Json reference = object({{"id", text()}, {"name", text()}});
    const Json of_user =
        object({{"id", text()}, {"name", text()}, {"password", text()}, {"domain", reference}});
    const Json identity =
        with_required(object({{"methods", list(text())},
                              {"password", object({{"user", of_user}})},
                              {"token", with_required(object({{"id", text()}}), {"id"})}}),
                      {"methods"});
    const Json of_project = object({{"name", text()}, {"id", text()}, {"domain", reference}});
    Json scope = {{"type", Json::array({"object", "string"})}};
    scope["properties"] = {{"project", of_project},
                           {"domain", reference},
                           {"OS-TRUST:trust", object({{"id", text()}})},
                           {"system", object({{"all", boolean()}})}};
    return with_required(object({{"identity", identity}, {"scope", std::move(scope)}}),
                         {"identity"});
}

class Schemas {
public:
    Schemas() {
        add_pair("project", project(), {"name"});
        add_pair("domain", domain(), {"name"});
        add_pair("user", user(), {"name"});
        add_pair("group", group(), {"name"});
        add_pair("role", role(), {"name"});
        add_pair("region", region(), {});
        add_pair("service", service(), {"type"});
        add_pair("endpoint", endpoint(), {"interface", "service_id", "url"});
        add("application_credential_create",
            open(with_required(object(application_credential()), {"name"})));
        add("password_change",
            closed(with_required(object({{"original_password", text()}, {"password", text()}}),
                                 {"original_password", "password"})));
        add("project_tag_create", tag());
        add("project_tags_update", tags());
        add("token_issue", token_issue());
    }
    [[nodiscard]] const http::JsonSchema& at(const std::string& name) const {
        return schemas_.at(name);
    }

private:
    static Json open(Json schema) {
        schema["additionalProperties"] = true;
        return schema;
    }
    void add(const std::string& name, Json schema) {
        schemas_.emplace(name, http::JsonSchema(std::move(schema)));
    }
    // Of a collection: what a new member must have, and that a change must change something.
    void add_pair(const std::string& kind, const Json& properties,
                  std::initializer_list<const char*> required) {
        Json all = object(properties);
        if (kind == "user")
            all["options"] = {{"type", "object"}}; // see http/json_schema.cpp
        add(kind + "_create", open(required.size() == 0 ? all : with_required(all, required)));
        Json change = all;
        change["minProperties"] = 1;
        add(kind + "_update", open(std::move(change)));
    }

    std::map<std::string, http::JsonSchema> schemas_;
};

// Texts only: of another type they are no secrets, and must stay what they are to be found wrong.
Json without_secrets(Json value) {
    if (value.is_object())
        for (auto& [key, item] : value.items()) {
            const bool is_secret = key == "password" || key == "original_password" ||
                                   key == "secret" || key == "token";
            if (is_secret && item.is_string())
                item = "***";
            else if (key == "token" && item.is_object() && item.contains("id") &&
                     item["id"].is_string())
                item["id"] = "***";
            else
                item = without_secrets(std::move(item));
        }
    else if (value.is_array())
        for (auto& item : value)
            item = without_secrets(std::move(item));
    return value;
}

} // namespace

Outcome<void> check_schema(const std::string& name, const Json& value) {
    static const Schemas schemas;
    const auto complaint = schemas.at(name).first_complaint(without_secrets(value));
    if (!complaint)
        return {};
    if (complaint->path.empty())
        return refuse(400, complaint->text);
    return refuse(
        400, fmt::format("Invalid input for field '{}': {}", complaint->path, complaint->text));
}

Outcome<void> check_auth(const Json& auth) {
    if (auth.is_null())
        return {}; // the one that is missing has words of its own
    VTPMLAB_CHECK(check_schema("token_issue", auth));
    for (const char* place : {"identity/password/user", "identity/password/user/domain",
                              "scope/project", "scope/project/domain", "scope/domain"}) {
        const Json::json_pointer at("/" + std::string(place));
        if (auth.contains(at) && !auth.at(at).contains("id") && !auth.at(at).contains("name"))
            return refuse(400, fmt::format("Invalid input for field {}: id or name must be "
                                           "present.",
                                           place));
    }
    return {};
}

} // namespace vtpmlab::fakes::keystone
