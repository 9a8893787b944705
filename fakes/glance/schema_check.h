#pragma once
// Checks documents of clients against Glance's schemas (schema_texts.h), in the words of Python's
// jsonschema, which clients get to read.

#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace vtpmlab::fakes::glance {

// The schema's "name" stands in the refusal.
[[nodiscard]] http::Outcome<void> check_document(std::string_view schema_text,
                                                 const nlohmann::ordered_json& document);

} // namespace vtpmlab::fakes::glance
