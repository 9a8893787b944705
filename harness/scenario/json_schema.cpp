#include "scenario/json_schema.h"

#include "scenario/format.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::scenario {
namespace {

using json = nlohmann::ordered_json; // a person reads it
using Kind = Shape::Kind;

constexpr const char* an_expression = "\\$\\{\\{";

json schema_of(const Shape& shape);

void put_bounds(json& schema, const Shape& shape, const char* least, const char* most) {
    if (shape.minimum > 0)
        schema[least] = shape.minimum;
    if (shape.maximum > 0)
        schema[most] = shape.maximum;
}

json text_schema(const Shape& shape) {
    json schema = {{"type", "string"}};
    if (!shape.words.empty())
        schema["enum"] = shape.words;
    if (!shape.pattern.empty())
        schema["pattern"] = "^(?:" + shape.pattern + ")$";
    put_bounds(schema, shape, "minLength", "maxLength");
    return schema;
}

json map_schema(const Shape& shape) {
    json schema = {{"type", "object"}};
    json properties = json::object();
    json required = json::array();
    for (const auto& field : shape.fields) {
        json part = schema_of(field.shape);
        if (!field.help.empty())
            part["description"] = field.help;
        properties[field.name] = std::move(part);
        if (field.needed == Needed::yes)
            required.push_back(field.name);
    }
    if (!properties.empty())
        schema["properties"] = std::move(properties);
    if (!required.empty())
        schema["required"] = std::move(required);
    schema["additionalProperties"] = shape.element ? schema_of(*shape.element) : json(false);
    if (!shape.pattern.empty())
        schema["propertyNames"] = {{"pattern", "^(?:" + shape.pattern + ")$"}};
    put_bounds(schema, shape, "minProperties", "maxProperties");
    if (!shape.exactly_one_of.empty()) {
        json choices = json::array();
        for (const auto& name : shape.exactly_one_of)
            choices.push_back({{"required", {name}}});
        schema["oneOf"] = std::move(choices);
    }
    return schema;
}

json plain_schema(const Shape& shape) {
    switch (shape.kind) {
    case Kind::anything:
        return json::object();
    case Kind::scalar:
        return {{"type", {"string", "number", "boolean"}}};
    case Kind::text:
        return text_schema(shape);
    case Kind::regex:
        return {{"type", "string"}, {"format", "regex"}};
    case Kind::duration:
        return {{"type", "string"}, {"pattern", "^[0-9]+[smh]$"}};
    case Kind::boolean:
        return {{"type", "boolean"}};
    case Kind::integer: {
        json schema = {{"type", "integer"}, {"minimum", shape.minimum}};
        if (shape.maximum > 0)
            schema["maximum"] = shape.maximum;
        return schema;
    }
    case Kind::list: {
        json schema = {{"type", "array"}, {"items", schema_of(*shape.element)}};
        put_bounds(schema, shape, "minItems", "maxItems");
        return schema;
    }
    case Kind::map:
        return map_schema(shape);
    case Kind::either: {
        json choices = json::array();
        for (const auto& choice : shape.choices)
            choices.push_back(schema_of(choice));
        return {{"anyOf", std::move(choices)}};
    }
    }
    return json::object();
}

// Does every text pass anyway? Then an expression needs no words of its own.
bool takes_any_text(const Shape& shape) {
    const bool is_text = shape.kind == Kind::text && shape.words.empty() && shape.pattern.empty() &&
                         shape.maximum == 0;
    return is_text || shape.kind == Kind::anything || shape.kind == Kind::scalar ||
           shape.kind == Kind::regex;
}

json schema_of(const Shape& shape) {
    json schema = plain_schema(shape);
    if (shape.expressions == Shape::Expressions::refused || takes_any_text(shape))
        return schema;
    return {{"anyOf", {std::move(schema), {{"type", "string"}, {"pattern", an_expression}}}}};
}

} // namespace

std::string json_schema_text() {
    json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "vtpmlab scenario"},
                   {"description", "Written from the loader's own tables; not edited by hand."}};
    schema.update(schema_of(file_shape()));
    return schema.dump(2) + "\n";
}

} // namespace vtpmlab::scenario
