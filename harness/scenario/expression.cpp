#include "scenario/expression.h"

#include "core/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

constexpr std::string_view opening = "${{";
constexpr std::string_view closing = "}}";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

std::string Expression::text() const {
    std::string all = name;
    for (const auto& step : path)
        all += "." + step;
    return all;
}

bool has_expression(std::string_view text) { return text.find(opening) != std::string_view::npos; }

tl::expected<std::vector<Expression>, ExpressionFault> parse_expressions(std::string_view text) {
    std::vector<Expression> all;
    for (std::size_t at = 0; (at = text.find(opening, at)) != std::string_view::npos;) {
        const std::size_t close = text.find(closing, at);
        if (close == std::string_view::npos)
            return tl::unexpected(ExpressionFault{
                "'${{' without '}}'", "write it as ${{ name.field }}", std::string(opening)});
        Expression expression;
        expression.begin = at;
        expression.end = close + closing.size();
        const std::string_view inner =
            trimmed(text.substr(at + opening.size(), close - at - opening.size()));
        auto malformed = [&] {
            return tl::unexpected(ExpressionFault{
                fmt::format("'{}' is not a binding's name and fields", printable(inner, 80)),
                "write it as ${{ name.field }}", std::string(opening)});
        };
        if (inner.find_first_of(" \t\r\n${}") != std::string_view::npos)
            return malformed();
        for (std::size_t from = 0; from <= inner.size();) {
            const std::size_t dot = std::min(inner.find('.', from), inner.size());
            const std::string_view part = inner.substr(from, dot - from);
            if (part.empty())
                return malformed();
            if (expression.name.empty())
                expression.name = part;
            else
                expression.path.emplace_back(part);
            from = dot + 1;
        }
        at = expression.end;
        all.push_back(std::move(expression));
    }
    return all;
}

tl::expected<Located, ExpressionFault> follow(const Located& value, const Expression& expression) {
    std::string pointer;
    std::string walked = expression.name;
    const json* here = &value.value;
    for (const auto& step : expression.path) {
        auto fault = [&](std::string message, std::string hint) {
            return tl::unexpected(
                ExpressionFault{std::move(message), std::move(hint), expression.text()});
        };
        if (here->is_object()) {
            const auto found = here->find(step);
            if (found == here->end()) {
                std::vector<std::string> names;
                for (const auto& [name, ignored] : here->items())
                    names.push_back(name);
                const auto near = did_you_mean(step, names);
                std::string hint = near ? fmt::format("did you mean '{}'?", *near)
                                        : fmt::format("it has: {}", fmt::join(names, ", "));
                return fault(fmt::format("'{}' has no '{}'", walked, step),
                             names.empty() ? "it is an empty map" : std::move(hint));
            }
            here = &*found;
        } else if (here->is_array()) {
            std::size_t index = 0;
            const char* const last = step.data() + step.size();
            const auto [end, code] = std::from_chars(step.data(), last, index);
            if (code != std::errc{} || end != last || index >= here->size())
                return fault(fmt::format("'{}' has no '{}'", walked, step),
                             fmt::format("it is a list of {}; its elements are counted from 0",
                                         here->size()));
            here = &(*here)[index];
        } else {
            return fault(fmt::format("'{}' has no '{}'", walked, step),
                         fmt::format("it is {}, not a map", brief(*here)));
        }
        pointer = child(pointer, step);
        walked += "." + step;
    }
    return value.at(pointer);
}

tl::expected<std::string, ExpressionFault> value_text(const Located& value,
                                                      const Expression& expression) {
    if (value.value.is_string())
        return value.value.get<std::string>();
    if (value.value.is_structured() || value.value.is_null())
        return tl::unexpected(ExpressionFault{
            fmt::format("'{}' is {} and cannot stand inside a text", expression.text(),
                        value.value.is_null()     ? "null"
                        : value.value.is_object() ? "a map"
                                                  : "a list"),
            "let the expression be the whole value, or name a field of it", expression.text()});
    return brief(value.value);
}

void for_each_text(const Located& tree,
                   const std::function<void(const std::string&, const Place&)>& visit) {
    const std::function<void(const json&, const std::string&)> walk = [&](const json& value,
                                                                          const std::string& at) {
        if (value.is_string()) {
            visit(value.get_ref<const std::string&>(), tree.place(at));
        } else if (value.is_object()) {
            for (const auto& [key, below] : value.items())
                walk(below, child(at, key));
        } else if (value.is_array()) {
            for (std::size_t i = 0; i < value.size(); ++i)
                walk(value[i], child(at, i));
        }
    };
    walk(tree.value, "");
}

namespace {

class Substitution {
public:
    Substitution(const Located& tree, const Lookup& lookup, const AsText& as_text,
                 const FaultReport& report)
        : tree_(tree), lookup_(lookup), as_text_(as_text), report_(report), result_(tree) {}

    Located run() {
        walk(tree_.value, result_.value, "");
        return std::move(result_);
    }

private:
    void walk(const json& from, json& to, const std::string& pointer) {
        if (from.is_object()) {
            for (const auto& [key, value] : from.items())
                walk(value, to[key], child(pointer, key));
        } else if (from.is_array()) {
            for (std::size_t i = 0; i < from.size(); ++i)
                walk(from[i], to[i], child(pointer, i));
        } else if (from.is_string() && has_expression(from.get_ref<const std::string&>())) {
            const auto fault = replace(from.get_ref<const std::string&>(), to, pointer);
            if (fault)
                report_(tree_.place(pointer), *fault);
        }
    }

    std::optional<ExpressionFault> replace(const std::string& text, json& to,
                                           const std::string& pointer) {
        const auto expressions = parse_expressions(text);
        if (!expressions)
            return expressions.error();
        std::string mixed;
        std::size_t copied = 0;
        for (const auto& expression : *expressions) {
            auto found = lookup_(expression);
            if (!found)
                return found.error();
            if (!*found)
                continue;
            if (trimmed(text).size() == expression.end - expression.begin) {
                put(**std::move(found), to, pointer);
                return std::nullopt;
            }
            const auto as_text = as_text_(**found, expression);
            if (!as_text)
                return as_text.error();
            mixed += text.substr(copied, expression.begin - copied) + *as_text;
            copied = expression.end;
        }
        to = mixed + text.substr(copied);
        return std::nullopt;
    }

    // The value with its own places, so that an error in it points at where it was written.
    void put(Located value, json& to, const std::string& pointer) {
        to = std::move(value.value);
        for (auto& [below, place] : value.places)
            result_.places[pointer + below] = place;
        for (auto& [below, place] : value.keys)
            if (!below.empty())
                result_.keys[pointer + below] = place;
    }

    const Located& tree_;
    const Lookup& lookup_;
    const AsText& as_text_;
    const FaultReport& report_;
    Located result_;
};

} // namespace

Located substitute(const Located& tree, const Lookup& lookup, const AsText& as_text,
                   const FaultReport& report) {
    return Substitution(tree, lookup, as_text, report).run();
}

} // namespace vtpmlab::scenario
