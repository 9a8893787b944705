#include "barbican/body_check.h"

#include "barbican/routes.h"
#include "http/json.h"
#include "http/python_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace vtpmlab::fakes::barbican {

using http::python_repr;
using Rules = nlohmann::ordered_json;

namespace {

struct Violation {
    std::size_t depth = 0; // of the value that is wrong
    std::string message;
    std::string property; // of the body itself, "" if none is to blame
};

bool is_of_type(const json& value, std::string_view type) {
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "boolean" ? value.is_boolean()
           : type == "null"    ? value.is_null()
           : type == "integer" ? value.is_number_integer()
                               : false;
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

// Walks schema and value together and keeps the error nearest to the root, the first of equals.
class Walk {
public:
    void check(const Rules& schema, const json& value, std::size_t depth,
               const std::string& property) {
        for (const auto& [keyword, rule] : schema.items())
            one(keyword, rule, schema, value, depth, property);
    }
    [[nodiscard]] const std::optional<Violation>& worst() const { return worst_; }

private:
    void fail(std::size_t depth, const std::string& property, std::string message) {
        if (!worst_ || depth < worst_->depth)
            worst_ = Violation{depth, std::move(message), property};
    }

    void one(const std::string& keyword, const Rules& rule, const Rules& schema, const json& value,
             std::size_t depth, const std::string& property) {
        if (keyword == "type")
            type(rule, value, depth, property);
        else if (keyword == "enum")
            one_of(rule, value, depth, property);
        else if (keyword == "properties" && value.is_object())
            properties(rule, value, depth, property);
        else if (keyword == "required" && rule.is_array() && value.is_object())
            required(rule, value, depth, property);
        else if (keyword == "additionalProperties" && value.is_object())
            additional(schema["properties"], value, depth, property);
        else if (keyword == "items" && value.is_array())
            items(rule, value, depth, property);
        else if (value.is_string())
            text(keyword, rule, value, depth, property);
        else if (value.is_number_integer())
            number(keyword, rule, value, depth, property);
    }

    // Barbican repeats what was sent. Here a payload, or a body that may be one as a whole, is not
    // repeated: answers are written down.
    static std::string shown(const json& value, std::size_t depth, const std::string& property) {
        if (property == "payload")
            return "the payload";
        return depth == 0 && !value.is_null() && !value.empty() ? "the body" : python_repr(value);
    }

    void type(const Rules& rule, const json& value, std::size_t depth,
              const std::string& property) {
        std::string names;
        const auto matches = [&](const Rules& name) {
            names += (names.empty() ? "'" : ", '") + name.get<std::string>() + "'";
            return is_of_type(value, name.get_ref<const std::string&>());
        };
        const bool right =
            rule.is_string() ? matches(rule) : std::any_of(rule.begin(), rule.end(), matches);
        if (!right)
            fail(depth, property,
                 fmt::format("{} is not of type {}", shown(value, depth, property), names));
    }

    void one_of(const Rules& rule, const json& value, std::size_t depth,
                const std::string& property) {
        for (const auto& allowed : rule)
            if (json(allowed) == value)
                return;
        fail(depth, property,
             fmt::format("{} is not one of {}", python_repr(value), python_repr(rule)));
    }

    void properties(const Rules& rule, const json& value, std::size_t depth,
                    const std::string& property) {
        for (const auto& [name, schema] : rule.items()) {
            const auto found = value.find(name);
            // Draft 3 puts "required" with the property itself.
            if (found == value.end()) {
                if (schema.value("required", Rules(false)) == true)
                    fail(depth + 1, depth == 0 ? name : property,
                         fmt::format("'{}' is a required property", name));
                continue;
            }
            check(schema, *found, depth + 1, depth == 0 ? name : property);
        }
    }

    void required(const Rules& rule, const json& value, std::size_t depth,
                  const std::string& property) {
        for (const auto& name : rule)
            if (!value.contains(name.get_ref<const std::string&>()))
                fail(depth, property,
                     fmt::format("'{}' is a required property", name.get<std::string>()));
    }

    void additional(const Rules& known, const json& value, std::size_t depth,
                    const std::string& property) {
        std::string extra;
        std::size_t count = 0;
        for (const auto& [name, ignored] : value.items())
            if (!known.contains(name)) {
                extra += (count++ == 0 ? "'" : ", '") + name + "'";
            }
        if (count != 0)
            fail(depth, property,
                 fmt::format("Additional properties are not allowed ({} {} unexpected)", extra,
                             count == 1 ? "was" : "were"));
    }

    // A list of schemas speaks of as many items from the front; one schema of all of them.
    void items(const Rules& rule, const json& value, std::size_t depth,
               const std::string& property) {
        for (std::size_t i = 0; i < value.size() && (rule.is_object() || i < rule.size()); ++i)
            check(rule.is_object() ? rule : rule[i], value[i], depth + 1, property);
    }

    void text(const std::string& keyword, const Rules& rule, const json& value, std::size_t depth,
              const std::string& property) {
        const auto length = characters(value.get_ref<const std::string&>());
        if (keyword == "maxLength" && length > rule.get<std::size_t>())
            fail(depth, property, fmt::format("{} is too long", python_repr(value)));
        if (keyword == "minLength" && length < rule.get<std::size_t>())
            fail(depth, property, fmt::format("{} is too short", python_repr(value)));
    }

    void number(const std::string& keyword, const Rules& rule, const json& value, std::size_t depth,
                const std::string& property) {
        if (keyword == "minimum" && value < json(rule))
            fail(depth, property,
                 fmt::format("{} is less than the minimum of {}", value.dump(), rule.dump()));
        if (keyword == "maximum" && value > json(rule))
            fail(depth, property,
                 fmt::format("{} is greater than the maximum of {}", value.dump(), rule.dump()));
    }

    std::optional<Violation> worst_;
};

// The depth of JSON from strangers is bounded by the parser.
void trim_texts(json& value) {
    for (auto& member : value)
        if (member.is_string())
            member = trimmed(member.get_ref<const std::string&>());
        else if (member.is_structured())
            trim_texts(member);
}

} // namespace

BodySchema::BodySchema(std::string_view name, std::string_view text)
    : name_(name), schema_(Rules::parse(text)) {}

Outcome<json> BodySchema::body_of(const Request& request) const {
    VTPMLAB_TRY(json body, json_body(request));
    VTPMLAB_CHECK(check(body));
    return body;
}

Outcome<void> BodySchema::check(const json& body) const {
    Walk walk;
    walk.check(schema_, body, 0, "");
    if (walk.worst())
        return no_match(name_, walk.worst()->message, walk.worst()->property);
    return {};
}

tl::unexpected<http::Fault> no_match(std::string_view schema, std::string_view reason,
                                     std::string_view property) {
    return refuse(400, fmt::format("Provided object does not match schema '{}': {}. Invalid "
                                   "property: '{}'",
                                   schema, reason, property.empty() ? "None" : property));
}

Outcome<json> json_body(const http::Request& request) {
    VTPMLAB_CHECK(need_content_type(request, {"application/json"}));
    auto body = http::parse_json(request.body);
    if (!body)
        return refuse(400, "Malformed JSON");
    if (body->is_structured())
        trim_texts(*body);
    return std::move(*body);
}

std::string lowered(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n\f\v";
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos)
        return {};
    return std::string(text.substr(begin, text.find_last_not_of(blank) - begin + 1));
}

} // namespace vtpmlab::fakes::barbican
