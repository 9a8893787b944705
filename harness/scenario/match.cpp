#include "scenario/match.h"

#include "scenario/expression.h"
#include "scenario/matchers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <utility>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

const std::vector<std::string>& names() {
    static const std::vector<std::string> all = {"any",    "absent", "contains", "matches",
                                                 "length", "not",    "one_of",   "equals"};
    return all;
}

// Long enough for any message, short enough for a regular expression that recurses a character.
constexpr std::size_t longest_searched = std::size_t{16} << 10;

std::string in_words(const json& expected) {
    if (!is_matcher(expected))
        return brief(expected);
    const std::string& name = expected.begin().key();
    const json& operand = expected.begin().value();
    if (name == "any")
        return "anything";
    if (name == "absent")
        return "nothing there";
    if (name == "contains")
        return "contains " + in_words(operand);
    if (name == "matches")
        return "matches " + brief(operand);
    if (name == "length")
        return "length " + brief(operand);
    if (name == "not")
        return "not " + in_words(operand);
    if (name == "equals")
        return "exactly " + brief(operand);
    std::vector<std::string> choices;
    for (const auto& choice : operand)
        choices.push_back(in_words(choice));
    return fmt::format("one of {}", fmt::join(choices, ", "));
}

std::string_view type_name(const json& value) {
    if (value.is_number())
        return "a number";
    if (value.is_string())
        return "a text";
    if (value.is_boolean())
        return "true or false";
    return value.is_null() ? "null" : value.is_array() ? "a list" : "a map";
}

std::size_t length_of(const json& value) {
    return value.is_string() ? value.get_ref<const std::string&>().size() : value.size();
}

class Comparison {
public:
    explicit Comparison(const Located& expected) : expected_(expected) {}

    std::vector<Difference> run(const json& actual) {
        compare(expected_.value, &actual, "", "");
        return std::move(found_);
    }

private:
    // `actual` is null when there is nothing at that place.
    void compare(const json& expected, const json* actual, const std::string& where,
                 const std::string& pointer) {
        if (is_matcher(expected)) {
            if (!satisfies(expected, actual))
                differ(where, pointer, in_words(expected), actual);
            return;
        }
        if (actual == nullptr) {
            differ(where, pointer, brief(expected), actual);
        } else if (expected.is_object() && actual->is_object()) {
            for (const auto& [key, value] : expected.items()) {
                const auto at = actual->find(key);
                compare(value, at == actual->end() ? nullptr : &*at, child(where, key),
                        child(pointer, key));
            }
        } else if (expected.is_array() && actual->is_array()) {
            compare_lists(expected, *actual, where, pointer);
        } else if (expected != *actual) {
            std::string wanted = brief(expected);
            std::string got = brief(*actual);
            if (type_name(expected) != type_name(*actual)) {
                wanted += fmt::format(" ({})", type_name(expected));
                got += fmt::format(" ({})", type_name(*actual));
            }
            found_.push_back({pointer, expected_.place(where), std::move(wanted), std::move(got)});
        }
    }

    void compare_lists(const json& expected, const json& actual, const std::string& where,
                       const std::string& pointer) {
        if (expected.size() != actual.size()) {
            differ(where, pointer, fmt::format("{} elements: {}", expected.size(), brief(expected)),
                   fmt::format("{} elements: {}", actual.size(), brief(actual)));
            return;
        }
        for (std::size_t i = 0; i < expected.size(); ++i)
            compare(expected[i], &actual[i], child(where, i), child(pointer, i));
    }

    [[nodiscard]] static bool fits(const json& expected, const json* actual) {
        Comparison inner(scratch());
        inner.compare(expected, actual, "", "");
        return inner.found_.empty();
    }
    // Inside `not`, `one_of` and `contains` only yes or no counts, so places do not matter.
    static const Located& scratch() {
        static const Located none;
        return none;
    }

    [[nodiscard]] static bool satisfies(const json& expected, const json* actual) {
        const std::string& name = expected.begin().key();
        const json& operand = expected.begin().value();
        if (name == "absent")
            return actual == nullptr;
        if (name == "not")
            return !fits(operand, actual);
        if (name == "one_of")
            return std::any_of(operand.begin(), operand.end(),
                               [&](const json& choice) { return fits(choice, actual); });
        if (actual == nullptr)
            return false;
        if (name == "any")
            return true;
        if (name == "equals")
            return operand == *actual;
        if (name == "contains")
            return contains(operand, *actual);
        if (name == "length") {
            const json length = length_of(*actual);
            return (actual->is_string() || actual->is_structured()) && fits(operand, &length);
        }
        if (!actual->is_string() || !operand.is_string())
            return false;
        const auto& text = actual->get_ref<const std::string&>();
        if (text.size() > longest_searched)
            return false;
        try {
            return std::regex_search(text, std::regex(operand.get<std::string>()));
        } catch (const std::regex_error&) { // too complex for this text
            return false;
        }
    }

    [[nodiscard]] static bool contains(const json& part, const json& whole) {
        if (whole.is_string())
            return part.is_string() && whole.get_ref<const std::string&>().find(
                                           part.get_ref<const std::string&>()) != std::string::npos;
        if (whole.is_array())
            return std::any_of(whole.begin(), whole.end(),
                               [&](const json& element) { return fits(part, &element); });
        return whole.is_object() && part.is_string() &&
               whole.contains(part.get_ref<const std::string&>());
    }

    void differ(const std::string& where, const std::string& pointer, std::string expected,
                const json* actual) {
        differ(where, pointer, std::move(expected),
               actual == nullptr ? std::string("(not there)") : brief(*actual));
    }
    void differ(const std::string& where, const std::string& pointer, std::string expected,
                std::string actual) {
        found_.push_back({pointer, expected_.place(where), std::move(expected), std::move(actual)});
    }

    const Located& expected_;
    std::vector<Difference> found_;
};

void check_below(const json& expected, const std::string& at, std::vector<MatcherFault>& faults);

void check_matcher(const json& matcher, const std::string& at, std::vector<MatcherFault>& faults) {
    const std::string& name = matcher.begin().key();
    const json& operand = matcher.begin().value();
    const std::string below = child(at, name);
    const bool is_open = operand.is_string() && has_expression(operand.get<std::string>());
    auto fault = [&](std::string message, std::string hint) {
        faults.push_back({below, std::move(message), std::move(hint)});
    };
    if (is_open)
        return;
    if (name == "any" || name == "absent") {
        if (operand != json(true))
            fault(fmt::format("'{}' takes only true", name),
                  fmt::format("write {{{}: true}}", name));
    } else if (name == "matches") {
        if (!operand.is_string()) {
            fault("'matches' takes a regular expression", "quote it");
            return;
        }
        try {
            const std::regex compiled(operand.get<std::string>());
        } catch (const std::regex_error&) {
            fault(fmt::format("{} is not a regular expression", brief(operand)),
                  "the syntax is ECMAScript's; a '(' or '[' that is meant as itself needs a '\\'");
        }
    } else if (name == "one_of") {
        if (!operand.is_array() || operand.empty()) {
            fault("'one_of' takes a list", "write {one_of: [A, B]}");
            return;
        }
        for (std::size_t i = 0; i < operand.size(); ++i)
            check_below(operand[i], child(below, i), faults);
    } else if (name == "length") {
        if (is_matcher(operand))
            check_matcher(operand, below, faults);
        else if (!operand.is_number_integer() || operand < 0)
            fault("'length' takes a number from 0", "write {length: 2}");
    } else if (name != "equals") {
        check_below(operand, below, faults);
    }
}

void check_below(const json& expected, const std::string& at, std::vector<MatcherFault>& faults) {
    if (is_matcher(expected)) {
        check_matcher(expected, at, faults);
    } else if (expected.is_object()) {
        for (const auto& [key, value] : expected.items())
            check_below(value, child(at, key), faults);
    } else if (expected.is_array()) {
        for (std::size_t i = 0; i < expected.size(); ++i)
            check_below(expected[i], child(at, i), faults);
    }
}

} // namespace

bool is_matcher(const json& value) {
    return value.is_object() && value.size() == 1 &&
           std::find(names().begin(), names().end(), value.begin().key()) != names().end();
}

std::vector<MatcherFault> check_matchers(const json& expected) {
    std::vector<MatcherFault> faults;
    check_below(expected, "", faults);
    return faults;
}

std::vector<Difference> match(const Located& expected, const json& actual) {
    return Comparison(expected).run(actual);
}

std::string difference_text(const std::vector<Difference>& differences) {
    std::string text;
    for (const auto& difference : differences)
        text += fmt::format("{}\n  expected: {}\n  actual:   {}\n",
                            difference.pointer.empty() ? "the result" : difference.pointer,
                            difference.expected, difference.actual);
    return text;
}

std::span<const std::string> matcher_names() { return names(); }

} // namespace vtpmlab::scenario
