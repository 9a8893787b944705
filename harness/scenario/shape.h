#pragma once
// What a value in a scenario may look like. One tree of shapes describes the whole format; the
// loader checks against it (places, "did you mean") and the JSON Schema is written from it, so the
// two cannot disagree. What needs more than one place to judge (bindings, exclusions) is the
// loader's alone.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

struct Field;

struct Shape {
    enum class Kind {
        anything,
        scalar, // a text, a number or true/false
        text,
        regex, // ECMAScript
        integer,
        boolean,
        duration, // "90s"
        list,     // of `element`
        map,      // `fields`, and with `element` any further key
        either,   // one of `choices`, told apart by their type
    };
    enum class Expressions { refused, allowed }; // may `${{ … }}` stand in its place?

    Kind kind = Kind::anything;
    Expressions expressions = Expressions::allowed;
    std::string title; // of a map, for messages: "server-create", "a host"

    std::vector<std::string> words; // text: one of these; empty = any
    std::string pattern;            // text, key: ECMAScript, must match as a whole; empty = any
    std::string pattern_says;       // the pattern in words: "a name such as 'flavor'"
    long minimum = 0;               // integer: smallest value; text, list, map: smallest length
    long maximum = 0;               // the same upwards; 0 = no bound

    std::shared_ptr<const Shape> element;
    std::vector<Field> fields;
    // Of these fields exactly one must stand in the map: the verb of a step.
    std::vector<std::string> exactly_one_of;
    std::vector<Shape> choices;
};

enum class Needed { no, yes };

struct Field {
    std::string name;
    Needed needed = Needed::no;
    Shape shape;
    std::string help; // one line
};

} // namespace vtpmlab::scenario
