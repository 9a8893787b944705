#pragma once
// The format as JSON Schema (draft-07), for editors: written from the shapes the loader checks
// with. It accepts every file the loader accepts; bindings, matrix values and exclusions are beyond
// it.

#include <string>

namespace vtpmlab::scenario {

// Pretty-printed, ends with a newline: the content of scenarios/schema/scenario.schema.json.
[[nodiscard]] std::string json_schema_text();

} // namespace vtpmlab::scenario
