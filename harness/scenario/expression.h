#pragma once
// `${{ name.key.0 }}` inside texts: found, and put in place. Who knows the values (the matrix while
// loading, the bindings while running) is the caller's business.

#include "scenario/located.h"

#include <vtpmlab/result.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

struct Expression {
    std::string name;              // "flavor" of ${{ flavor.extra_specs.0 }}
    std::vector<std::string> path; // "extra_specs", "0"
    std::size_t begin = 0;         // of "${{" in the text
    std::size_t end = 0;           // behind "}}"

    [[nodiscard]] std::string text() const; // "flavor.extra_specs.0"
};

struct ExpressionFault {
    std::string message;
    std::string hint;
    std::string at; // the part of the text to point at
};

[[nodiscard]] bool has_expression(std::string_view text);
// In the order of the text; a text without any gives none.
[[nodiscard]] tl::expected<std::vector<Expression>, ExpressionFault>
parse_expressions(std::string_view text);

// Follows `path` into `value`.
[[nodiscard]] tl::expected<Located, ExpressionFault> follow(const Located& value,
                                                            const Expression& expression);

// What an expression stands for; nothing = not mine, leave it as it is.
using Lookup =
    std::function<tl::expected<std::optional<Located>, ExpressionFault>(const Expression&)>;
// How a value reads inside a longer text.
using AsText =
    std::function<tl::expected<std::string, ExpressionFault>(const Located&, const Expression&)>;
// What is wrong with an expression in the text at a place.
using FaultReport = std::function<void(const Place&, const ExpressionFault&)>;

// A text as is, a number or a boolean as JSON writes it; a list or a map is a fault.
[[nodiscard]] tl::expected<std::string, ExpressionFault> value_text(const Located& value,
                                                                    const Expression& expression);

// Calls `visit` for every text below `tree`.
void for_each_text(const Located& tree,
                   const std::function<void(const std::string& text, const Place& place)>& visit);

// A text with a fault is reported and stays as it is.
[[nodiscard]] Located substitute(const Located& tree, const Lookup& lookup, const AsText& as_text,
                                 const FaultReport& report);

} // namespace vtpmlab::scenario
