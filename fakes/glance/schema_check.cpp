#include "glance/schema_check.h"

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

std::string subscript(const std::string& key) { return "[" + python_repr(json(key)) + "]"; }

bool is_of_type(const json& value, const std::string& type) {
    if (type == "null")
        return value.is_null();
    if (type == "string")
        return value.is_string();
    if (type == "boolean")
        return value.is_boolean();
    if (type == "integer")
        return value.is_number_integer();
    if (type == "number")
        return value.is_number();
    if (type == "array")
        return value.is_array();
    return type == "object" && value.is_object();
}

bool is_of_types(const json& value, const json& types) {
    if (types.is_string())
        return is_of_type(value, types.get<std::string>());
    return std::any_of(types.begin(), types.end(), [&](const json& type) {
        return is_of_type(value, type.get<std::string>());
    });
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
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string indented(const std::string& text) {
    std::string out = "    ";
    for (const char c : text)
        out += c == '\n' ? "\n    " : std::string(1, c);
    return out;
}

class Check {
public:
    explicit Check(const json& root) : root_(root) {}

    [[nodiscard]] Outcome<void> value(const json& value, const json& given,
                                      const Place& place) const {
        const json& schema = resolved(given);
        if (const auto types = schema.find("type");
            types != schema.end() && !is_of_types(value, *types))
            return violation(
                fmt::format("{} is not of type {}", python_repr(value), quoted_types(*types)),
                "type", place, schema, value);
        if (const auto choice = schema.find("enum");
            choice != schema.end() &&
            std::find(choice->begin(), choice->end(), value) == choice->end())
            return violation(
                fmt::format("{} is not one of {}", python_repr(value), python_repr(*choice)),
                "enum", place, schema, value);
        if (const auto least = schema.find("minimum");
            least != schema.end() && value.is_number() && value < *least)
            return violation(fmt::format("{} is less than the minimum of {}", python_repr(value),
                                         python_repr(*least)),
                             "minimum", place, schema, value);
        if (value.is_string())
            return text(value, schema, place);
        if (value.is_array())
            return items(value, schema, place);
        if (value.is_object())
            return members(value, schema, place);
        return {};
    }

private:
    [[nodiscard]] const json& resolved(const json& schema) const {
        const auto reference = schema.find("$ref");
        if (reference == schema.end())
            return schema;
        return root_.at(json::json_pointer(reference->get<std::string>().substr(1)));
    }

    [[nodiscard]] Outcome<void> text(const json& value, const json& schema,
                                     const Place& place) const {
        const auto words = value.get<std::string>();
        if (const auto length = schema.find("maxLength");
            length != schema.end() && characters(words) > length->get<std::size_t>())
            return violation(fmt::format("{} is too long", python_repr(value)), "maxLength", place,
                             schema, value);
        if (const auto pattern = schema.find("pattern");
            pattern != schema.end() &&
            !std::regex_search(words.substr(0, 64), std::regex(pattern->get<std::string>())))
            return violation(
                fmt::format("{} does not match {}", python_repr(value), python_repr(*pattern)),
                "pattern", place, schema, value);
        return {};
    }

    [[nodiscard]] Outcome<void> items(const json& value, const json& schema,
                                      const Place& place) const {
        if (const auto least = schema.find("minItems");
            least != schema.end() && value.size() < least->get<std::size_t>())
            return violation(fmt::format("{} is too short", python_repr(value)), "minItems", place,
                             schema, value);
        if (const auto item = schema.find("items"); item != schema.end())
            for (std::size_t i = 0; i < value.size(); ++i)
                VTPMLAB_CHECK(this->value(
                    value[i], *item,
                    {fmt::format("{}[{}]", place.instance, i), place.schema + "['items']"}));
        return {};
    }

    [[nodiscard]] Outcome<void> members(const json& value, const json& schema,
                                        const Place& place) const {
        if (const auto required = schema.find("required"); required != schema.end())
            for (const auto& name : *required)
                if (!value.contains(name.get<std::string>()))
                    return violation(fmt::format("{} is a required property", python_repr(name)),
                                     "required", place, schema, value);
        const json none = json::object();
        const auto properties = schema.find("properties");
        const json& known = properties == schema.end() ? none : *properties;
        const auto more = schema.find("additionalProperties");
        for (const auto& [name, member] : value.items()) {
            const auto property = known.find(name);
            if (property != known.end())
                VTPMLAB_CHECK(this->value(member, *property,
                                          {place.instance + subscript(name),
                                           place.schema + "['properties']" + subscript(name)}));
            else if (more != schema.end() && more->is_object())
                VTPMLAB_CHECK(this->value(
                    member, *more,
                    {place.instance + subscript(name), place.schema + "['additionalProperties']"}));
            else if (more != schema.end() && *more == false)
                return violation(fmt::format("Additional properties are not allowed ({} was "
                                             "unexpected)",
                                             python_repr(json(name))),
                                 "additionalProperties", place, schema, value);
        }
        return {};
    }

    [[nodiscard]] tl::unexpected<http::Fault> violation(const std::string& message,
                                                        const char* keyword, const Place& place,
                                                        const json& schema,
                                                        const json& value) const {
        return refuse(400, fmt::format("Provided object does not match schema '{}': {}\n\nFailed "
                                       "validating '{}' in schema{}:\n{}\n\nOn instance{}:\n{}",
                                       root_.value("name", ""), message, keyword, place.schema,
                                       indented(python_pretty(schema, 72)), place.instance,
                                       indented(python_pretty(value, 72))));
    }

    const json& root_;
};

} // namespace

Outcome<void> check_document(const json& schema, const json& document) {
    return Check(schema).value(document, schema, {});
}

} // namespace vtpmlab::fakes::glance
