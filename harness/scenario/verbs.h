#pragma once
// Every verb a step can have: one table that the loader, the JSON Schema, the README and the runner
// share. The runner does what stands here; what is not here is refused while loading.

#include "scenario/located.h"
#include "scenario/shape.h"

#include <vtpmlab/result.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::scenario {

// A field of a verb's result: what `${{ name.field }}` and the first level of `expect` may name.
struct ResultField {
    std::string name;
    std::string help;
};

struct Verb {
    std::string name;
    std::string help; // one line
    Shape arguments;  // a map
    std::vector<ResultField> results;
};

[[nodiscard]] std::span<const Verb> verbs();
[[nodiscard]] const Verb* find_verb(std::string_view name);

// The personas a step may be done by.
[[nodiscard]] std::span<const std::string> personas();

// Are the arguments right once all bindings are resolved? An expression that gave a list where a
// text is needed is found only then. An error of kind scenario at the place in the file.
[[nodiscard]] Status check_arguments(const Verb& verb, const Located& resolved);

} // namespace vtpmlab::scenario
