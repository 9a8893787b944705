#pragma once
// Checks what a client wants to make of an image against the image schema, in the words of Python's
// jsonschema, which clients get to read.

#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::fakes::glance {

// The schemas themselves.
[[nodiscard]] const nlohmann::json& image_schema();
[[nodiscard]] nlohmann::json collection_schema(const std::string& plural,
                                               const nlohmann::json& item);

// A whole image, or the few fields of one that a patch sets.
[[nodiscard]] http::Outcome<void> check_schema(const nlohmann::json& image);

} // namespace vtpmlab::fakes::glance
