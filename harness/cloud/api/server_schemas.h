#pragma once
// The bodies that make, change and rebuild a server, as they grew from microversion to
// microversion. Source: nova/api/openstack/compute/schemas/servers.py.

#include <map>
#include <string>

namespace vtpmlab::cloud {

// A schema under the minor of the microversion it holds from; it ends where the next one begins.
using SchemaHistory = std::map<int, std::string>;

[[nodiscard]] const SchemaHistory& server_create_schemas();
[[nodiscard]] const SchemaHistory& server_update_schemas();
[[nodiscard]] const SchemaHistory& rebuild_schemas();

} // namespace vtpmlab::cloud
