#include "glance/image_schema.h"

#include "glance/schema_texts.h"
#include "http/python_text.h"

#include <vtpmlab/result.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>

namespace vtpmlab::fakes::glance {

using http::Outcome;
using http::python_pretty;
using http::python_repr;
using http::refuse;
using nlohmann::json;

namespace {

// Where a value stands, in the instance and in the schema: "['tags'][0]".
struct Place {
    std::string instance;
    std::string schema;
};

bool is_of_type(const json& value, const std::string& type) {
    if (type == "null")
        return value.is_null();
    if (type == "string")
        return value.is_string();
    if (type == "boolean")
        return value.is_boolean();
    if (type == "integer")
        return value.is_number_integer();
    if (type == "array")
        return value.is_array();
    return type == "object" && value.is_object();
}

bool is_of_types(const json& value, const json& types) {
    if (types.is_string())
        return is_of_type(value, types.get<std::string>());
    for (const auto& type : types)
        if (is_of_type(value, type.get<std::string>()))
            return true;
    return false;
}

std::string quoted_types(const json& types) {
    if (types.is_string())
        return python_repr(types);
    std::string text;
    for (const auto& type : types)
        text += (text.empty() ? "" : ", ") + python_repr(type);
    return text;
}

std::size_t characters(const std::string& text) {
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}

std::string indented(const std::string& text) {
    std::string out = "    ";
    for (const char c : text)
        out += c == '\n' ? "\n    " : std::string(1, c);
    return out;
}

tl::unexpected<http::Fault> violation(const std::string& message, const char* keyword,
                                      const Place& place, const json& schema, const json& value) {
    return refuse(400,
                  fmt::format("Provided object does not match schema 'image': {}\n\nFailed "
                              "validating '{}' in schema{}:\n{}\n\nOn instance{}:\n{}",
                              message, keyword, place.schema, indented(python_pretty(schema, 72)),
                              place.instance, indented(python_pretty(value, 72))));
}

Outcome<void> check(const json& value, const json& schema, const Place& place) {
    const auto types = schema.find("type");
    if (types != schema.end() && !is_of_types(value, *types))
        return violation(
            fmt::format("{} is not of type {}", python_repr(value), quoted_types(*types)), "type",
            place, schema, value);
    if (const auto choice = schema.find("enum");
        choice != schema.end() && std::find(choice->begin(), choice->end(), value) == choice->end())
        return violation(
            fmt::format("{} is not one of {}", python_repr(value), python_repr(*choice)), "enum",
            place, schema, value);
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        if (const auto length = schema.find("maxLength");
            length != schema.end() && characters(text) > length->get<std::size_t>())
            return violation(fmt::format("{} is too long", python_repr(value)), "maxLength", place,
                             schema, value);
        if (const auto pattern = schema.find("pattern");
            pattern != schema.end() &&
            !std::regex_search(text.substr(0, 64), std::regex(pattern->get<std::string>())))
            return violation(
                fmt::format("{} does not match {}", python_repr(value), python_repr(*pattern)),
                "pattern", place, schema, value);
    }
    if (const auto items = schema.find("items"); items != schema.end() && value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i)
            VTPMLAB_CHECK(
                check(value[i], *items,
                      {fmt::format("{}[{}]", place.instance, i), place.schema + "['items']"}));
    return {};
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
         {{plural, {{"type", "array"}, {"items", item}}}, {"schema", {{"type", "string"}}}}}};
    if (plural == "images") {
        schema["properties"]["first"] = {{"type", "string"}};
        schema["properties"]["next"] = {{"type", "string"}};
        schema["links"] = json::array({{{"href", "{first}"}, {"rel", "first"}},
                                       {{"href", "{next}"}, {"rel", "next"}},
                                       {{"href", "{schema}"}, {"rel", "describedby"}}});
    }
    return schema;
}

Outcome<void> check_schema(const json& image) {
    const json& schema = image_schema();
    const json& fields = schema.at("properties");
    for (const auto& [name, value] : image.items()) {
        const std::string instance = "[" + python_repr(json(name)) + "]";
        const auto field = fields.find(name);
        if (field != fields.end())
            VTPMLAB_CHECK(check(value, *field, {instance, "['properties']" + instance}));
        else
            VTPMLAB_CHECK(check(value, schema.at("additionalProperties"),
                                {instance, "['additionalProperties']"}));
    }
    return {};
}

} // namespace vtpmlab::fakes::glance
