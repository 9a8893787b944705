#pragma once
// The schemas of Placement's bodies and query strings, each in the form of a microversion. Made
// once, when first asked for.

#include "http/json_schema.h"

namespace vtpmlab::fakes::placement::schemas {

using http::JsonSchema;

// `minor` is that of the request: 1.minor.
[[nodiscard]] const JsonSchema& create_provider(int minor);
[[nodiscard]] const JsonSchema& update_provider(int minor);
[[nodiscard]] const JsonSchema& list_providers(int minor);
[[nodiscard]] const JsonSchema& all_inventories();
[[nodiscard]] const JsonSchema& new_inventory();
[[nodiscard]] const JsonSchema& one_inventory();
[[nodiscard]] const JsonSchema& provider_traits();
[[nodiscard]] const JsonSchema& provider_aggregates(int minor);
[[nodiscard]] const JsonSchema& list_traits();
[[nodiscard]] const JsonSchema& resource_class();
[[nodiscard]] const JsonSchema& allocations_of_one(int minor);
[[nodiscard]] const JsonSchema& allocations_of_many(int minor);
[[nodiscard]] const JsonSchema& reshaper(int minor);
[[nodiscard]] const JsonSchema& usages(int minor);
[[nodiscard]] const JsonSchema& candidates(int minor);

} // namespace vtpmlab::fakes::placement::schemas
