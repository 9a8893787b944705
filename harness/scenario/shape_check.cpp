#include "scenario/shape_check.h"

#include "core/text.h"
#include "scenario/duration.h"
#include "scenario/expression.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <utility>
#include <vector>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;
using Kind = Shape::Kind;

std::string_view wanted(Kind kind) {
    switch (kind) {
    case Kind::text:
        return "a text";
    case Kind::regex:
        return "a regular expression";
    case Kind::integer:
        return "a whole number";
    case Kind::boolean:
        return "true or false";
    case Kind::duration:
        return "a time such as 90s";
    case Kind::scalar:
        return "a text, a number or true/false";
    case Kind::list:
        return "a list";
    case Kind::map:
        return "a map";
    case Kind::anything:
    case Kind::either:
        break;
    }
    return "a value";
}

// What a value of this kind looks like in JSON, expressions aside.
bool has_kind(const json& value, Kind kind) {
    switch (kind) {
    case Kind::text:
    case Kind::regex:
    case Kind::duration:
        return value.is_string();
    case Kind::integer:
        return value.is_number_integer();
    case Kind::boolean:
        return value.is_boolean();
    case Kind::scalar:
        return value.is_primitive() && !value.is_null();
    case Kind::list:
        return value.is_array();
    case Kind::map:
        return value.is_object();
    case Kind::anything:
    case Kind::either:
        break;
    }
    return true;
}

class Checker {
public:
    Checker(const Located& tree, const FaultSink& sink) : tree_(tree), sink_(sink) {}

    // `name` is the key or the element's list, for messages.
    void check(const Shape& shape, const json& value, const std::string& at,
               const std::string& name) const {
        if (shape.expressions == Shape::Expressions::allowed && value.is_string() &&
            has_expression(value.get_ref<const std::string&>()))
            return; // judged again when its value is known
        if (shape.kind == Kind::either) {
            for (const auto& choice : shape.choices)
                if (has_kind(value, choice.kind))
                    return check(choice, value, at, name);
            std::vector<std::string_view> kinds;
            for (const auto& choice : shape.choices)
                kinds.push_back(wanted(choice.kind));
            return wrong_type(fmt::format("{}", fmt::join(kinds, " or ")), shape, value, at, name);
        }
        if (!has_kind(value, shape.kind))
            return wrong_type(std::string(wanted(shape.kind)), shape, value, at, name);
        switch (shape.kind) {
        case Kind::text:
            return check_text(shape, value.get_ref<const std::string&>(), at, name);
        case Kind::regex:
            return check_regex(value.get_ref<const std::string&>(), at);
        case Kind::duration:
            if (!parse_duration(value.get_ref<const std::string&>()))
                fault(at, fmt::format("'{}' is not a time", shown(value)),
                      "write seconds, minutes or hours, up to 24 h: 90s, 2m, 1h");
            return;
        case Kind::integer:
            return check_integer(shape, value, at, name);
        case Kind::list:
            check_length(shape, value.size(), "element", "elements", at, name);
            for (std::size_t i = 0; i < value.size(); ++i)
                check(*shape.element, value[i], child(at, i), name);
            return;
        case Kind::map:
            return check_map(shape, value, at, name);
        case Kind::anything:
        case Kind::scalar:
        case Kind::boolean:
        case Kind::either:
            return;
        }
    }

private:
    void fault(const std::string& at, std::string message, std::string hint) const {
        sink_.report(tree_.place(at), std::move(message), std::move(hint));
    }
    void key_fault(const std::string& at, std::string message, std::string hint) const {
        sink_.report(tree_.key_place(at), std::move(message), std::move(hint));
    }

    static std::string shown(const json& value) {
        return value.is_string() ? printable(value.get_ref<const std::string&>(), 60)
                                 : brief(value);
    }
    static std::string of(const std::string& name) {
        return name.empty() ? std::string{} : fmt::format(" for '{}'", name);
    }

    void wrong_type(const std::string& expected, const Shape& shape, const json& value,
                    const std::string& at, const std::string& name) const {
        const std::string* literal = sink_.literal ? sink_.literal(tree_.place(at)) : nullptr;
        const std::string text = literal != nullptr ? *literal : shown(value);
        std::string found;
        std::string hint;
        if (value.is_null()) {
            found = "nothing";
            if (shape.kind == Kind::map)
                hint = "write {} for an empty map";
        } else if (value.is_object() || value.is_array()) {
            found = value.is_object() ? "a map" : "a list";
        } else {
            found = fmt::format("{} {}",
                                value.is_string()    ? "the text"
                                : value.is_boolean() ? "the truth value"
                                                     : "the number",
                                value.is_string() ? fmt::format("'{}'", text) : text);
            const bool wants_text = shape.kind == Kind::text || shape.kind == Kind::regex;
            if (wants_text)
                hint = fmt::format("quote it: \"{}\"", text);
            else if (std::find(shape.exactly_one_of.begin(), shape.exactly_one_of.end(), text) !=
                     shape.exactly_one_of.end())
                hint = fmt::format("write '{}: {{}}'", text);
            else if (shape.kind == Kind::duration)
                hint = fmt::format("give the unit: {}s", text);
            else if (value.is_string() && shape.kind == Kind::boolean)
                hint = "YAML 1.2 has no yes, no, on or off; write true or false";
            else if (value.is_string() && shape.kind == Kind::integer &&
                     text.find_first_not_of("0123456789") == std::string::npos)
                hint = "take the quotes away if it is a number";
        }
        fault(at, fmt::format("expected {}{}, found {}", expected, of(name), found),
              std::move(hint));
    }

    void check_text(const Shape& shape, const std::string& text, const std::string& at,
                    const std::string& name) const {
        if (!shape.words.empty() &&
            std::find(shape.words.begin(), shape.words.end(), text) == shape.words.end()) {
            const auto near = did_you_mean(text, shape.words);
            return fault(at, fmt::format("unknown value '{}'{}", printable(text, 60), of(name)),
                         near ? fmt::format("did you mean '{}'?", *near)
                              : fmt::format("one of: {}", fmt::join(shape.words, ", ")));
        }
        if (text.empty() && shape.minimum > 0)
            return fault(at, fmt::format("an empty text{}", of(name)), "");
        if (shape.maximum > 0 && text.size() > static_cast<std::size_t>(shape.maximum))
            return fault(
                at, fmt::format("a text longer than {} characters{}", shape.maximum, of(name)), "");
        if (!shape.pattern.empty() && !fits(shape, text))
            fault(at, fmt::format("'{}' is not {}", printable(text, 60), shape.pattern_says), "");
    }

    // Texts longer than any name are refused before the regular expression sees them.
    static bool fits(const Shape& shape, const std::string& text) {
        constexpr std::size_t longest_name = 256;
        // Compiled once: a file can have a hundred thousand names. There are few patterns.
        thread_local std::map<std::string, std::regex> compiled;
        const auto [pattern, ignored] =
            compiled.try_emplace(shape.pattern, shape.pattern, std::regex::ECMAScript);
        return text.size() <= longest_name && std::regex_match(text, pattern->second);
    }

    void check_regex(const std::string& text, const std::string& at) const {
        try {
            const std::regex compiled(text);
        } catch (const std::regex_error&) {
            fault(at, fmt::format("'{}' is not a regular expression", printable(text, 60)),
                  "a '(', '[' or '?' that is meant as itself needs a '\\' in front");
        }
    }

    void check_integer(const Shape& shape, const json& value, const std::string& at,
                       const std::string& name) const {
        const auto number = value.get<std::int64_t>();
        if (number < shape.minimum)
            fault(at, fmt::format("{}{} is too small", number, of(name)),
                  fmt::format("at least {}", shape.minimum));
        else if (shape.maximum > 0 && number > shape.maximum)
            fault(at, fmt::format("{}{} is too large", number, of(name)),
                  fmt::format("at most {}", shape.maximum));
    }

    // `unit` is one of what is counted, `units` are several.
    void check_length(const Shape& shape, std::size_t length, std::string_view unit,
                      std::string_view units, const std::string& at,
                      const std::string& name) const {
        const auto needed = static_cast<std::size_t>(shape.minimum);
        if (length == 0 && needed > 0)
            fault(at, fmt::format("'{}' is empty", name),
                  fmt::format("at least {} {}", needed, needed == 1 ? unit : units));
        else if (length < needed)
            fault(at, fmt::format("too few {}{}: {}", units, of(name), length),
                  fmt::format("at least {}", needed));
        else if (shape.maximum > 0 && length > static_cast<std::size_t>(shape.maximum))
            fault(at, fmt::format("too many {}{}: {}", units, of(name), length),
                  fmt::format("at most {}", shape.maximum));
    }

    void check_map(const Shape& shape, const json& value, const std::string& at,
                   const std::string& name) const {
        const auto is_choice = [&](const std::string& key) {
            return std::find(shape.exactly_one_of.begin(), shape.exactly_one_of.end(), key) !=
                   shape.exactly_one_of.end();
        };
        std::vector<std::string> chosen; // of exactly_one_of
        bool has_unknown = false;
        std::vector<std::string> meant; // what unknown keys probably stand for
        for (const auto& [key, ignored] : value.items()) {
            const auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                            [&, &wanted_key = key](const Field& candidate) {
                                                return candidate.name == wanted_key;
                                            });
            const std::string below = child(at, key);
            if (field != shape.fields.end()) {
                if (is_choice(key))
                    chosen.push_back(key);
                check(field->shape, value[key], below, key);
            } else if (!shape.element) {
                if (auto near = unknown_key(shape, key, below, value))
                    meant.push_back(*std::move(near));
                has_unknown = true;
            } else if (!shape.pattern.empty() && !fits(shape, key)) {
                key_fault(below,
                          fmt::format("'{}' is not {}", printable(key, 60), shape.pattern_says),
                          "");
            } else {
                check(*shape.element, value[key], below, key);
            }
        }
        for (const auto& field : shape.fields)
            if (field.needed == Needed::yes && !value.contains(field.name) &&
                std::find(meant.begin(), meant.end(), field.name) == meant.end())
                key_fault(at, fmt::format("{} needs '{}'", titled(shape, name), field.name),
                          field.help.empty() ? "" : fmt::format("{}: {}", field.name, field.help));
        if (!shape.exactly_one_of.empty()) {
            if (chosen.empty() && !has_unknown)
                key_fault(at, fmt::format("{} needs a verb", titled(shape, name)),
                          "such as '- server-create: {…}'");
            std::sort(chosen.begin(), chosen.end(), [&](const auto& a, const auto& b) {
                return before(tree_.key_place(child(at, a)), tree_.key_place(child(at, b)));
            });
            for (std::size_t i = 1; i < chosen.size(); ++i)
                key_fault(child(at, chosen[i]),
                          fmt::format("a second verb in one step: '{}'", chosen[i]),
                          fmt::format("begin a new step: '- {}:'", chosen[i]));
        }
        check_length(shape, value.size(), "entry", "entries", at, name);
    }

    static bool before(const Place& a, const Place& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    }

    static std::string titled(const Shape& shape, const std::string& name) {
        return shape.title.empty() ? fmt::format("'{}'", name) : shape.title;
    }

    // Gives back the key that was probably meant.
    std::optional<std::string> unknown_key(const Shape& shape, const std::string& key,
                                           const std::string& at, const json& map) const {
        // A step without a verb: the unknown key is meant to be one.
        const bool wants_verb =
            !shape.exactly_one_of.empty() &&
            std::none_of(shape.exactly_one_of.begin(), shape.exactly_one_of.end(),
                         [&](const std::string& verb) { return map.contains(verb); });
        std::vector<std::string> known;
        for (const auto& field : shape.fields)
            if (wants_verb || std::find(shape.exactly_one_of.begin(), shape.exactly_one_of.end(),
                                        field.name) == shape.exactly_one_of.end())
                known.push_back(field.name);
        auto near = did_you_mean(key, known);
        std::string message =
            wants_verb ? fmt::format("unknown verb '{}'", printable(key, 60))
            : shape.title.empty()
                ? fmt::format("unknown key '{}'", printable(key, 60))
                : fmt::format("unknown key '{}' in {}", printable(key, 60), shape.title);
        std::string hint = near            ? fmt::format("did you mean '{}'?", *near)
                           : wants_verb    ? "the verbs are listed in scenarios/README.md"
                           : known.empty() ? "it takes none"
                                           : fmt::format("known: {}", fmt::join(known, ", "));
        key_fault(at, std::move(message), std::move(hint));
        return near;
    }

    const Located& tree_;
    const FaultSink& sink_;
};

} // namespace

void check_shape(const Shape& shape, const Located& tree, const FaultSink& sink) {
    Checker(tree, sink).check(shape, tree.value, "", "");
}

} // namespace vtpmlab::scenario
