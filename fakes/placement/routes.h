#pragma once
// The tables of Placement's routes, and what their handlers share.

#include "http/server.h"
#include "placement/store.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::placement {

struct Parts {
    Store& store;
    const Clock& clock;
};

[[nodiscard]] std::vector<http::Route> provider_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> inventory_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> names_routes(Parts parts); // traits, resource classes
[[nodiscard]] std::vector<http::Route> allocation_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> candidate_routes(Parts parts);

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

// Error codes, told from 1.23 on.
inline constexpr const char* concurrent_update = "placement.concurrent_update";
inline constexpr const char* duplicate_name = "placement.duplicate_name";
inline constexpr const char* inventory_in_use = "placement.inventory.inuse";
inline constexpr const char* provider_in_use = "placement.resource_provider.inuse";
inline constexpr const char* parent_with_children =
    "placement.resource_provider.cannot_delete_parent";
inline constexpr const char* missing_value = "placement.query.missing_value";

// "PUT" becomes a route with a JSON body; the handler takes the parts and the request.
template <typename Handler>
http::Route route(const char* method, const char* path, Parts parts, Handler handler,
                  http::Microversion since = {1, 0}, const char* schema = nullptr) {
    const std::string_view m = method;
    return {.method = method,
            .path = path,
            .handler = [parts,
                        handler](const http::Request& request) { return handler(parts, request); },
            .body = m == "PUT" || m == "POST" ? http::Body::json : http::Body::none,
            .schema = schema ? std::make_shared<const http::Schema>(schema) : nullptr,
            .since = since};
}

[[nodiscard]] inline bool at_least(const http::Request& request, int minor) {
    return request.microversion >= http::Microversion{1, minor};
}

// From 1.15 on every answer says how fresh it is.
[[nodiscard]] http::Response fresh(http::Response response, const http::Request& request,
                                   Parts parts);
[[nodiscard]] http::Response fresh_json(int status, const nlohmann::json& body,
                                        const http::Request& request, Parts parts);

// 400 on a key that the route does not have at this version.
[[nodiscard]] http::Outcome<void> only_keys(const http::Request& request,
                                            std::initializer_list<std::string_view> known);

// "No resource provider with uuid … found", with the words that end it.
[[nodiscard]] tl::unexpected<http::Fault> no_provider(std::string_view uuid,
                                                      std::string_view after = "");

} // namespace vtpmlab::fakes::placement
