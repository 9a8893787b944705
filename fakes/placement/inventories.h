#pragma once
// What the reshaper shares with the routes of inventories.

#include "http/fault.h"
#include "http/json_schema.h"
#include "placement/model.h"

#include <map>
#include <string>

namespace vtpmlab::fakes::placement {

// From a body the schema has passed; what is not said is the default.
[[nodiscard]] http::Outcome<Inventory> parsed_inventory(const http::OrderedJson& body);

// Why `provider` cannot go on with the inventories `left`: allocations hold a class that is not
// among them. Empty if none does.
[[nodiscard]] std::string removal_in_use(const Model& model, const Provider& provider,
                                         const std::map<int, Inventory>& left);

} // namespace vtpmlab::fakes::placement
