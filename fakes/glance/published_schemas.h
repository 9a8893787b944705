#pragma once
// The schemas Glance publishes, made ready from their texts.

#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::fakes::glance {

[[nodiscard]] const nlohmann::json& image_schema();
[[nodiscard]] nlohmann::json collection_schema(const std::string& plural,
                                               const nlohmann::json& item);
// Of metadefs: the item's definitions move to the top.
[[nodiscard]] nlohmann::json metadef_collection_schema(const std::string& plural,
                                                       nlohmann::json item);

// A whole image, or the few fields of one that a patch sets.
[[nodiscard]] http::Outcome<void> check_schema(const nlohmann::json& image);

} // namespace vtpmlab::fakes::glance
