#pragma once
// A server as the API shows it: to whom (administrators see hosts and details of faults) and at
// which microversion.

#include "cloud/api/api.h"
#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

// The host's name is not for tenants: they see a digest of it with their project.
[[nodiscard]] std::string host_digest(const std::string& project_id, const std::string& host);

[[nodiscard]] nlohmann::json server_summary(const http::Request& request,
                                            const ServerRecord& server);
// spec: nova-vtpm §LIF-0e
[[nodiscard]] nlohmann::json server_detail(const Api& api, const http::Request& request,
                                           const ServerRecord& server);

// Of the host it is on; before there is one, what was asked for.
[[nodiscard]] std::string availability_zone(const ServerRecord& server);

} // namespace vtpmlab::cloud
