#pragma once
// Records as JSON documents, the form in which the store keeps them.

#include "cloud/state/records.h"

#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

[[nodiscard]] std::string encode(const Flavor& flavor);
[[nodiscard]] std::string encode(const ServerRecord& server);
[[nodiscard]] std::string encode(const InstanceAction& action);
[[nodiscard]] std::string encode(const Migration& migration);
// An error means the store is broken: nobody else writes there.
[[nodiscard]] Result<Flavor> decode_flavor(std::string_view document);
[[nodiscard]] Result<ServerRecord> decode_server(std::string_view document);
[[nodiscard]] Result<InstanceAction> decode_action(std::string_view document);
[[nodiscard]] Result<Migration> decode_migration(std::string_view document);

} // namespace vtpmlab::cloud
