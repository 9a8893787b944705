#pragma once
// The cloud a scenario asks for, from its `release:` and `cloud:` keys. What is not written is as
// it always is; the tree has the shape of a file.

#include <vtpmlab/cloud_spec.h>

#include <nlohmann/json.hpp>

namespace vtpmlab::scenario {

[[nodiscard]] CloudSpec cloud_spec(const nlohmann::json& file);

} // namespace vtpmlab::scenario
