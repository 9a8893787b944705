#pragma once
// JSON Schema, as much as the services' bodies and query strings need, whose complaint is worded as
// Python's jsonschema words it (4.10, Debian 12): the real services hand those words on whole, the
// failing piece of the schema and of the value included.

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::http {

using OrderedJson = nlohmann::ordered_json; // complaints follow the order of keys

class JsonSchema {
public:
    // Keywords: type, properties, patternProperties, additionalProperties, required,
    // minProperties, maxProperties, items, minItems, maxItems, uniqueItems, enum, pattern, format
    // (uuid; another one says nothing), minLength, maxLength, minimum, maximum, anyOf, allOf, $ref
    // to the schema's own definitions, and what only describes. Any other one is fatal: the schemas
    // are ours.
    explicit JsonSchema(OrderedJson schema);
    ~JsonSchema();
    JsonSchema(JsonSchema&&) noexcept;

    struct Complaint {
        std::string path; // to what is wrong: "user/name"; "" is the whole value
        std::string text; // str(ValidationError)
    };
    // What is wrong, or nothing. Of several complaints the one jsonschema.validate() raises, which
    // is the one that tells most.
    [[nodiscard]] std::optional<Complaint> complaint(const OrderedJson& value) const;
    // The one a validator's own validate() raises: the first, in the order of the schema.
    [[nodiscard]] std::optional<Complaint> first_complaint(const OrderedJson& value) const;

private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;
};

} // namespace vtpmlab::http
