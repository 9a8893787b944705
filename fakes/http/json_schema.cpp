#include "http/json_schema.h"

#include "http/python_text.h"
#include "http/uuid_like.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <stdexcept>
#include <vector>

namespace vtpmlab::http {

namespace {

using Json = OrderedJson;
using Path = std::vector<Json>; // names and indices

struct Failure {
    std::string message;
    std::string keyword;
    const Json* schema;
    const Json* value;
    Path schema_path; // without the keyword itself
    Path value_path;
    std::vector<Failure> choices; // of anyOf

    // What jsonschema's best_match prefers: shallow, not from a choice, of another type.
    [[nodiscard]] std::tuple<int, bool, bool> weight() const;
};

bool is_integer(const Json& value) {
    return value.is_number_integer() ||
           (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

bool has_type(const Json& value, const std::string& type) {
    if (type == "object")
        return value.is_object();
    if (type == "array")
        return value.is_array();
    if (type == "string")
        return value.is_string();
    if (type == "integer")
        return is_integer(value);
    if (type == "number")
        return value.is_number();
    if (type == "boolean")
        return value.is_boolean();
    return type == "null" && value.is_null();
}

bool has_one_type(const Json& value, const Json& types) {
    if (types.is_string())
        return has_type(value, types.get<std::string>());
    return std::any_of(types.begin(), types.end(),
                       [&](const Json& type) { return has_type(value, type.get<std::string>()); });
}

std::tuple<int, bool, bool> Failure::weight() const {
    const bool matches =
        schema->is_object() && schema->contains("type") && has_one_type(*value, (*schema)["type"]);
    return {-static_cast<int>(value_path.size()), keyword != "anyOf", !matches};
}

std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

Path longer(Path path, Json next) {
    path.push_back(std::move(next));
    return path;
}

// "['name'][3]"
std::string subscripts(const Path& path) {
    std::string text;
    for (const auto& step : path)
        text += "[" + python_repr(step) + "]";
    return text;
}

std::string indented(const std::string& text) {
    std::string out = "    ";
    for (const char c : text)
        out += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return out;
}

} // namespace

struct JsonSchema::Compiled {
    Json schema;
    std::map<std::string, std::regex> patterns;

    void prepare(const Json& part) {
        const auto pattern = [this](const std::string& text) {
            patterns.emplace(text, std::regex(text, std::regex::ECMAScript | std::regex::optimize));
        };
        for (const auto& [keyword, argument] : part.items()) {
            if (keyword == "properties" || keyword == "definitions") {
                for (const auto& [name, below] : argument.items())
                    prepare(below);
            } else if (keyword == "patternProperties") {
                for (const auto& [name, below] : argument.items()) {
                    pattern(name);
                    prepare(below);
                }
            } else if (keyword == "items" ||
                       (keyword == "additionalProperties" && argument.is_object())) {
                prepare(argument);
            } else if (keyword == "anyOf" || keyword == "allOf") {
                for (const auto& below : argument)
                    prepare(below);
            } else if (keyword == "pattern") {
                pattern(argument.get<std::string>());
            } else {
                static constexpr std::string_view known[] = {
                    "type", "additionalProperties", "required", "minProperties", "maxProperties",
                    "minItems", "maxItems", "uniqueItems", "enum", "format", "minLength",
                    "maxLength", "minimum", "maximum", "$ref",
                    // They describe.
                    "name", "title", "description", "default", "readOnly", "is_base", "links",
                    // No keyword: a slip in Keystone's user schemas, shown with them.
                    "options"};
                if (std::find(std::begin(known), std::end(known), keyword) == std::end(known))
                    throw std::logic_error("unknown schema keyword " + keyword);
            }
        }
    }
    // No name of the services is longer than 255; a longer text matches nothing, as the matcher of
    // the standard library goes deeper with each character.
    [[nodiscard]] bool matches(const std::string& pattern, const std::string& text) const {
        return text.size() <= 1024 && std::regex_search(text, patterns.at(pattern));
    }

    [[nodiscard]] std::vector<Failure> failures(const Json& value) const {
        std::vector<Failure> found;
        check(value, schema, {}, {}, found);
        return found;
    }

    void check(const Json& value, const Json& part, const Path& at, const Path& in,
               std::vector<Failure>& found) const {
        for (const auto& [keyword, argument] : part.items())
            check_keyword(value, part, keyword, argument, at, in, found);
    }

    void check_keyword(const Json& value, const Json& part, const std::string& keyword,
                       const Json& argument, const Path& at, const Path& in,
                       std::vector<Failure>& found) const {
        const auto complain = [&](std::string message) {
            found.push_back({std::move(message), keyword, &part, &value, in, at, {}});
        };
        const auto repr = [&] { return python_repr(value); };
        if (keyword == "type") {
            if (!has_one_type(value, argument)) {
                std::vector<std::string> names;
                if (argument.is_string())
                    names.push_back(python_repr(argument));
                else
                    for (const auto& type : argument)
                        names.push_back(python_repr(type));
                complain(fmt::format("{} is not of type {}", repr(), fmt::join(names, ", ")));
            }
        } else if (keyword == "enum") {
            if (std::find(argument.begin(), argument.end(), value) == argument.end())
                complain(fmt::format("{} is not one of {}", repr(), python_repr(argument)));
        } else if (keyword == "$ref") { // "#/definitions/name"
            const auto name = argument.get<std::string>().substr(2);
            check(value, schema.at(Json::json_pointer("/" + name)), at, in, found);
        } else if (keyword == "allOf") {
            for (std::size_t i = 0; i < argument.size(); ++i)
                check(value, argument[i], at, longer(longer(in, keyword), i), found);
        } else if (keyword == "anyOf") {
            std::vector<Failure> choices;
            for (std::size_t i = 0; i < argument.size(); ++i) {
                std::vector<Failure> wrong;
                check(value, argument[i], {}, Path{Json(i)}, wrong); // told from here on
                if (wrong.empty())
                    return;
                std::move(wrong.begin(), wrong.end(), std::back_inserter(choices));
            }
            complain(fmt::format("{} is not valid under any of the given schemas", repr()));
            found.back().choices = std::move(choices);
        } else if (value.is_object()) {
            check_object(value, part, keyword, argument, at, in, found, complain);
        } else if (value.is_array()) {
            if (keyword == "items") {
                for (std::size_t i = 0; i < value.size(); ++i)
                    check(value[i], argument, longer(at, i), longer(in, "items"), found);
            } else if (keyword == "minItems" && value.size() < argument.get<std::size_t>()) {
                complain(repr() + " is too short");
            } else if (keyword == "maxItems" && value.size() > argument.get<std::size_t>()) {
                complain(repr() + " is too long");
            } else if (keyword == "uniqueItems") {
                for (auto item = value.begin(); item != value.end(); ++item)
                    if (std::find(value.begin(), item, *item) != item) {
                        complain(repr() + " has non-unique elements");
                        break;
                    }
            }
        } else if (value.is_string()) {
            const auto& text = value.get_ref<const std::string&>();
            if (keyword == "pattern" && !matches(argument.get<std::string>(), text))
                complain(fmt::format("{} does not match {}", repr(), python_repr(argument)));
            else if (keyword == "format" && argument == "uuid" && !is_uuid_like(text))
                complain(fmt::format("{} is not a {}", repr(), python_repr(argument)));
            else if (keyword == "minLength" && characters(text) < argument.get<std::size_t>())
                complain(repr() + " is too short");
            else if (keyword == "maxLength" && characters(text) > argument.get<std::size_t>())
                complain(repr() + " is too long");
        } else if (value.is_number()) {
            if (keyword == "minimum" && value < argument)
                complain(fmt::format("{} is less than the minimum of {}", repr(),
                                     python_repr(argument)));
            else if (keyword == "maximum" && value > argument)
                complain(fmt::format("{} is greater than the maximum of {}", repr(),
                                     python_repr(argument)));
        }
    }

    template <typename Complain>
    void check_object(const Json& value, const Json& part, const std::string& keyword,
                      const Json& argument, const Path& at, const Path& in,
                      std::vector<Failure>& found, Complain complain) const {
        if (keyword == "properties") {
            for (const auto& [name, below] : argument.items())
                if (const auto item = value.find(name); item != value.end())
                    check(*item, below, longer(at, name), longer(longer(in, keyword), name), found);
        } else if (keyword == "patternProperties") {
            for (const auto& [pattern, below] : argument.items())
                for (const auto& [name, item] : value.items())
                    if (matches(pattern, name))
                        check(item, below, longer(at, name), longer(longer(in, keyword), pattern),
                              found);
        } else if (keyword == "additionalProperties") {
            auto extra = extras(value, part);
            if (argument.is_object())
                for (const auto& name : extra)
                    check(value[name], argument, longer(at, name), longer(in, keyword), found);
            else if (argument == false && !extra.empty())
                complain(extras_message(std::move(extra), part));
        } else if (keyword == "required") {
            for (const auto& name : argument)
                if (!value.contains(name.get<std::string>()))
                    complain(python_repr(name) + " is a required property");
        } else if (keyword == "minProperties" && value.size() < argument.get<std::size_t>()) {
            complain(python_repr(value) + " does not have enough properties");
        } else if (keyword == "maxProperties" && value.size() > argument.get<std::size_t>()) {
            complain(python_repr(value) + " has too many properties");
        }
    }

    [[nodiscard]] std::vector<std::string> extras(const Json& value, const Json& part) const {
        std::vector<std::string> names;
        for (const auto& [name, item] : value.items()) {
            if (part.contains("properties") && part["properties"].contains(name))
                continue;
            bool known = false;
            if (part.contains("patternProperties"))
                for (const auto& [pattern, below] : part["patternProperties"].items())
                    known = known || matches(pattern, name);
            if (!known)
                names.push_back(name);
        }
        return names;
    }

    static std::string extras_message(std::vector<std::string> names, const Json& part) {
        const bool one = names.size() == 1;
        std::sort(names.begin(), names.end());
        const auto listed = [](const std::vector<std::string>& texts) {
            std::vector<std::string> quoted;
            for (const auto& text : texts)
                quoted.push_back(python_repr(Json(text)));
            return fmt::format("{}", fmt::join(quoted, ", "));
        };
        if (!part.contains("patternProperties"))
            return fmt::format("Additional properties are not allowed ({} {} unexpected)",
                               listed(names), one ? "was" : "were");
        std::vector<std::string> patterns;
        for (const auto& [pattern, below] : part["patternProperties"].items())
            patterns.push_back(pattern);
        std::sort(patterns.begin(), patterns.end());
        return fmt::format("{} {} not match any of the regexes: {}", listed(names),
                           one ? "does" : "do", listed(patterns));
    }
};

JsonSchema::JsonSchema(Json schema) {
    auto compiled = std::make_unique<Compiled>();
    compiled->schema = std::move(schema);
    compiled->prepare(compiled->schema);
    compiled_ = std::move(compiled);
}
JsonSchema::~JsonSchema() = default;
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;

namespace {

bool lighter(const Failure& a, const Failure& b) { return a.weight() < b.weight(); }

// jsonschema's best_match.
const Failure& most_telling(const std::vector<Failure>& found) {
    const Failure* best = &*std::max_element(found.begin(), found.end(), lighter);
    while (!best->choices.empty()) {
        std::vector<const Failure*> choices;
        for (const auto& choice : best->choices)
            choices.push_back(&choice);
        std::stable_sort(choices.begin(), choices.end(),
                         [](const auto* a, const auto* b) { return lighter(*a, *b); });
        if (choices.size() > 1 && choices[0]->weight() == choices[1]->weight())
            break;
        best = choices[0];
    }
    return *best;
}

JsonSchema::Complaint told(const Failure& failure) {
    std::string path;
    for (const auto& step : failure.value_path)
        path +=
            (path.empty() ? "" : "/") + (step.is_string() ? step.get<std::string>() : step.dump());
    return {
        std::move(path),
        fmt::format("{}\n\nFailed validating {} in schema{}:\n{}\n\nOn instance{}:\n{}",
                    failure.message, python_repr(Json(failure.keyword)),
                    subscripts(failure.schema_path), indented(python_pretty(*failure.schema, 72)),
                    subscripts(failure.value_path), indented(python_pretty(*failure.value, 72)))};
}

} // namespace

std::optional<JsonSchema::Complaint> JsonSchema::complaint(const Json& value) const {
    const auto found = compiled_->failures(value);
    if (found.empty())
        return std::nullopt;
    return told(most_telling(found));
}

std::optional<JsonSchema::Complaint> JsonSchema::first_complaint(const Json& value) const {
    const auto found = compiled_->failures(value);
    if (found.empty())
        return std::nullopt;
    return told(found.front());
}

} // namespace vtpmlab::http
