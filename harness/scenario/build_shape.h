#pragma once
// Words to write shapes with, so that the tables in verbs/ and format.cpp read as tables.

#include "scenario/shape.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::scenario::build {

inline Shape of_kind(Shape::Kind kind) {
    Shape shape;
    shape.kind = kind;
    return shape;
}
inline Shape anything() { return {}; }
inline Shape boolean() { return of_kind(Shape::Kind::boolean); }
inline Shape duration() { return of_kind(Shape::Kind::duration); }
inline Shape regex() { return of_kind(Shape::Kind::regex); }
inline Shape scalar() { return of_kind(Shape::Kind::scalar); }

// Not empty, unless `minimum` says otherwise.
inline Shape text(long minimum = 1) {
    Shape shape = of_kind(Shape::Kind::text);
    shape.minimum = minimum;
    return shape;
}
inline Shape one_of(std::vector<std::string> words) {
    Shape shape = of_kind(Shape::Kind::text);
    shape.words = std::move(words);
    return shape;
}
inline Shape matching(std::string pattern, std::string says) {
    Shape shape = of_kind(Shape::Kind::text);
    shape.pattern = std::move(pattern);
    shape.pattern_says = std::move(says);
    return shape;
}
inline Shape integer(long minimum, long maximum = 0) {
    Shape shape = of_kind(Shape::Kind::integer);
    shape.minimum = minimum;
    shape.maximum = maximum;
    return shape;
}
inline Shape list_of(Shape element, long minimum = 0) {
    Shape shape = of_kind(Shape::Kind::list);
    shape.element = std::make_shared<const Shape>(std::move(element));
    shape.minimum = minimum;
    return shape;
}
inline Shape map_of(std::vector<Field> fields, std::string title = {}) {
    Shape shape = of_kind(Shape::Kind::map);
    shape.fields = std::move(fields);
    shape.title = std::move(title);
    return shape;
}
// Any keys; all values of one shape.
inline Shape map_to(Shape element, long minimum = 0) {
    Shape shape = of_kind(Shape::Kind::map);
    shape.element = std::make_shared<const Shape>(std::move(element));
    shape.minimum = minimum;
    return shape;
}
inline Shape either(std::vector<Shape> choices) {
    Shape shape = of_kind(Shape::Kind::either);
    shape.choices = std::move(choices);
    return shape;
}
// The same, where no `${{ … }}` may stand: what is read before there is a case.
inline Shape literal(Shape shape) {
    shape.expressions = Shape::Expressions::refused;
    return shape;
}

inline Field needs(std::string name, Shape shape, std::string help) {
    return {std::move(name), Needed::yes, std::move(shape), std::move(help)};
}
inline Field may(std::string name, Shape shape, std::string help) {
    return {std::move(name), Needed::no, std::move(shape), std::move(help)};
}

} // namespace vtpmlab::scenario::build
