#pragma once
// GET /servers: which of them a caller may see and asked for, in which order, and which page.
// Source: nova/api/openstack/compute/servers.py, _get_servers.

#include "cloud/api/api.h"

#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct ServerPage {
    std::vector<ServerRecord> servers;
    std::string next; // URL; empty: this is the last page
};

// `rule` is the policy's: "os_compute_api:servers:index" or …detail.
[[nodiscard]] http::Outcome<ServerPage> list_servers(Api& api, const http::Request& request,
                                                     const std::string& rule);

} // namespace vtpmlab::cloud
