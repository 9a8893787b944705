#pragma once
// A server as the API shows it: to whom (administrators see hosts and details of faults) and at
// which microversion.

#include "cloud/state/records.h"
#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

// "ACTIVE", "BUILD", "ERROR", …: from the state alone.
[[nodiscard]] std::string_view server_status(const ServerRecord& server);

[[nodiscard]] nlohmann::json server_summary(const http::Request& request,
                                            const ServerRecord& server);
// spec: nova-vtpm §LIF-0e
[[nodiscard]] nlohmann::json server_detail(const http::Request& request,
                                           const ServerRecord& server);

} // namespace vtpmlab::cloud
