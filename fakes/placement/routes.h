#pragma once
// The tables of Placement's routes, and what their handlers share: versions, policies, bodies and
// queries checked, one provider read or changed.

#include "http/json_schema.h"
#include "http/server.h"
#include "placement/store.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::placement {

using Json = http::OrderedJson; // complaints follow the order of keys

struct Parts {
    Store& store;
    const Clock& clock;
};

[[nodiscard]] std::vector<http::Route> provider_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> provider_detail_routes(Parts parts); // traits, aggregates
[[nodiscard]] std::vector<http::Route> inventory_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> trait_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> resource_class_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> allocation_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> reshaper_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> usage_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> candidate_routes(Parts parts);

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

// Error codes, told from 1.23 on.
inline constexpr const char* concurrent_update = "placement.concurrent_update";
inline constexpr const char* duplicate_name = "placement.duplicate_name";
inline constexpr const char* inventory_in_use = "placement.inventory.inuse";
inline constexpr const char* provider_in_use = "placement.resource_provider.inuse";
inline constexpr const char* provider_not_found = "placement.resource_provider.not_found";
inline constexpr const char* parent_with_children =
    "placement.resource_provider.cannot_delete_parent";
inline constexpr const char* missing_value = "placement.query.missing_value";
inline constexpr const char* bad_value = "placement.query.bad_value";
// Never told: the client's Accept takes no JSON.
inline constexpr const char* not_acceptable = "not acceptable";
inline constexpr const char* duplicate_key = "placement.query.duplicate_key";

using HandlerOfParts = http::Outcome<http::Response> (*)(Parts, const http::Request&);

// What a PUT or POST must bring, and the Accept of a GET must take.
enum class Media { json, none };

// What every handler speaks of. Below Media, whose json would shadow this one.
using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

struct RouteRules {
    int since = 0;      // minor; before, the path is a 404
    std::string policy; // "placement:traits:list"
    Media media = Media::json;
};

// A row of a table, with all the real service looks at before its handler: the version, Accept or
// Content-Type, the policy.
[[nodiscard]] http::Route route(const char* method, const char* path, Parts parts,
                                HandlerOfParts handler, RouteRules rules);

[[nodiscard]] inline int minor_of(const http::Request& request) {
    return request.microversion.minor;
}
[[nodiscard]] inline bool at_least(const http::Request& request, int minor) {
    return minor_of(request) >= minor;
}

// From 1.15 on every answer that shows something says how fresh it is.
[[nodiscard]] http::Response fresh(http::Response response, const http::Request& request,
                                   Parts parts);
[[nodiscard]] http::Response fresh_json(int status, const nlohmann::json& body,
                                        const http::Request& request, Parts parts);

[[nodiscard]] http::Outcome<Json> checked_body(const http::Request& request,
                                               const http::JsonSchema& schema);
[[nodiscard]] http::Outcome<void> checked_query(const http::Request& request,
                                                const http::JsonSchema& schema);
// The last value of a key that may come more than once; null if there is none.
[[nodiscard]] const std::string* last_value(const http::Request& request, std::string_view key);

// "No resource provider with uuid … found", in the `{}` of `words`.
[[nodiscard]] tl::unexpected<http::Fault> no_provider(std::string_view uuid,
                                                      std::string_view words = "{}");

// Answers with what `show` says of the provider the path names, or with 404. `words` as above.
[[nodiscard]] http::Outcome<http::Response> show_provider(
    Parts parts, const http::Request& request, std::string_view words,
    const std::function<http::Outcome<nlohmann::json>(const Model&, const Provider&)>& show);

// Changes the provider the path names, in one transaction: `edit` gets a copy to change, its
// generation included, and gives the answer; a refusal changes nothing.
[[nodiscard]] http::Outcome<http::Response>
edit_provider(Parts parts, const http::Request& request,
              const std::function<http::Outcome<http::Response>(const Model&, Provider&)>& edit);

} // namespace vtpmlab::fakes::placement
