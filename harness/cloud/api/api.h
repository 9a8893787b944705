#pragma once
// Nova's public HTTP API as tables of routes, one file a resource. A handler checks policy first,
// then the request, then the state: 403 before 400 before 409 (spec: nova-vtpm §LIF-0a).

#include "cloud/conductor/conductor.h"
#include "cloud/context.h"
#include "http/server.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct Api {
    Context& cloud;
    Conductor& conductor;
    std::string quota_driver; // "noop" or "unified-limits"
    const std::vector<std::unique_ptr<ComputeService>>& computes;
};

// The one zone of the compute hosts.
inline constexpr const char* compute_zone = "nova";
// Services were numbered before 2.53: a scheduler and a conductor, then nova-compute of each host.
inline constexpr std::uint64_t first_compute_number = 3;

// The API object outlives the routes' server.
[[nodiscard]] std::vector<http::Route> version_routes(Api& api);
[[nodiscard]] std::vector<http::Route> flavor_routes(Api& api);
[[nodiscard]] std::vector<http::Route> flavor_access_routes(Api& api);
[[nodiscard]] std::vector<http::Route> extra_spec_routes(Api& api);
[[nodiscard]] std::vector<http::Route> server_routes(Api& api);
[[nodiscard]] std::vector<http::Route> server_action_routes(Api& api);
[[nodiscard]] std::vector<http::Route> server_metadata_routes(Api& api);
[[nodiscard]] std::vector<http::Route> server_migration_routes(Api& api);
[[nodiscard]] std::vector<http::Route> instance_action_routes(Api& api);
[[nodiscard]] std::vector<http::Route> migration_routes(Api& api);
[[nodiscard]] std::vector<http::Route> key_pair_routes(Api& api);
[[nodiscard]] std::vector<http::Route> limit_routes(Api& api);
[[nodiscard]] std::vector<http::Route> quota_routes(Api& api);
[[nodiscard]] std::vector<http::Route> availability_zone_routes(Api& api);
[[nodiscard]] std::vector<http::Route> hypervisor_routes(Api& api);
[[nodiscard]] std::vector<http::Route> service_routes(Api& api);

[[nodiscard]] std::shared_ptr<const http::Dialect> nova_dialect();

// 2.1 to the release's maximum, in both headers.
[[nodiscard]] http::MicroversionRange nova_microversions(const ReleaseProfile& profile);

// An inner error is Nova's "Unexpected API Error", with the exception's class.
[[nodiscard]] tl::unexpected<http::Fault> unexpected_api_error(const std::string& class_name);

// The value, or the 500.
template <typename T>
[[nodiscard]] http::Outcome<T> or_unexpected(Result<T> result) {
    if (!result)
        return unexpected_api_error("oslo_db.exception.DBError");
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
    else
        return {};
}

} // namespace vtpmlab::cloud
