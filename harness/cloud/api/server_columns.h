#pragma once
// A server's row in Nova's database, as far as people search and sort by it.

#include "cloud/state/records.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string_view>

namespace vtpmlab::cloud {

// Null where the database has NULL.
using ServerColumn = nlohmann::json (*)(const ServerRecord&);

// By the column's name: "display_name".
[[nodiscard]] const std::map<std::string_view, ServerColumn>& server_columns();

} // namespace vtpmlab::cloud
