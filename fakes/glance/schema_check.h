#pragma once
// Checks documents of clients against Glance's schemas, in the words of Python's jsonschema, which
// clients get to read. Of JSON Schema only what these schemas use.

#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab::fakes::glance {

// The schema's "name" stands in the refusal.
[[nodiscard]] http::Outcome<void> check_document(const nlohmann::json& schema,
                                                 const nlohmann::json& document);

} // namespace vtpmlab::fakes::glance
