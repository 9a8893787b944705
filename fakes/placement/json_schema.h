#pragma once
// JSON Schema, as much as Placement's bodies and query strings need, whose complaint is worded as
// Python's jsonschema words it (4.10, Debian 12): the real service hands those words on whole, the
// failing piece of the schema and of the value included.

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>

namespace vtpmlab::fakes::placement {

using Json = nlohmann::ordered_json; // complaints follow the order of keys

class JsonSchema {
public:
    // Keywords: type, properties, patternProperties, additionalProperties (false), required,
    // minProperties, items, minItems, uniqueItems, enum, pattern, format (uuid), minLength,
    // maxLength, minimum, maximum, anyOf. Any other one is fatal: the schemas are ours.
    explicit JsonSchema(Json schema);
    ~JsonSchema();
    JsonSchema(JsonSchema&&) noexcept;

    // What is wrong, or nothing.
    [[nodiscard]] std::optional<std::string> complaint(const Json& value) const;

private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;
};

// As oslo's is_uuid_like: with or without dashes, in braces or as a URN, in either case.
[[nodiscard]] bool is_uuid_like(std::string_view text);
// The canonical form of such a text.
[[nodiscard]] std::string canonical_uuid(std::string_view text);

} // namespace vtpmlab::fakes::placement
