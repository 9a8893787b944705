#pragma once
// A flavor as the API shows it, by microversion.

#include "cloud/state/records.h"
#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab::cloud {

// A flavor that is not public is for the projects it names, and for administrators.
[[nodiscard]] bool is_seen_by(const Flavor& flavor, const http::Caller& caller);

[[nodiscard]] nlohmann::json flavor_summary(const http::Request& request, const Flavor& flavor);
[[nodiscard]] nlohmann::json flavor_detail(const http::Request& request, const Flavor& flavor);
// Inside a server: a reference below 2.47, the embedded copy from there on.
// spec: nova-vtpm §LIF-0e
[[nodiscard]] nlohmann::json flavor_in_server(const http::Request& request, const Flavor& flavor);

// The self and bookmark links of any resource.
[[nodiscard]] nlohmann::json resource_links(const http::Request& request,
                                            const std::string& collection, const std::string& id);

} // namespace vtpmlab::cloud
