#pragma once
// Is what came back what the scenario expects? `expected` is a tree that the actual one must
// contain: a map asks for its keys only, a list for all its elements, in order. In place of any
// value a map with one of these single keys asks for more than equality:
//
//     {any: true}            there, whatever it is        {absent: true}       not there
//     {contains: X}          part of a text; some element of a list matches X; a key of a map
//     {matches: REGEX}       found somewhere in a text    {length: N}          of a text, list, map
//     {not: X}               does not match X             {one_of: [X, …]}     matches one of them
//     {equals: X}            exactly X, nothing more; X is not read for matchers

#include "scenario/located.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

struct Difference {
    std::string pointer;  // JSON pointer into the actual tree; empty = the whole
    Place place;          // of what was expected
    std::string expected; // both as text, ready to print
    std::string actual;
    friend bool operator==(const Difference&, const Difference&) = default;
};

// Empty when it matches. The expected tree must have its bindings resolved already.
[[nodiscard]] std::vector<Difference> match(const Located& expected, const nlohmann::json& actual);

// Only what differs, three lines each:
//
//     /status
//       expected: "ACTIVE"
//       actual:   "ERROR"
[[nodiscard]] std::string difference_text(const std::vector<Difference>& differences);

// The names of the matchers above.
[[nodiscard]] std::span<const std::string> matcher_names();

} // namespace vtpmlab::scenario
