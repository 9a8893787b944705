// What roles imply: /v3/roles/{id}/implies and /v3/role_inferences.

#include "keystone/common.h"
#include "keystone/routes.h"

#include <fmt/format.h>

#include <map>

namespace vtpmlab::fakes::keystone {

namespace {

json short_of(const json& role, const Request& request) {
    return with_link({{"id", role["id"]}, {"name", role["name"]}}, "roles", request);
}

json links(const Request& request) { return {{"self", request.base_url + request.path}}; }

struct Pair {
    json prior, implied;
};

// Both roles of the path.
Outcome<Pair> named(Store& store, const Request& request) {
    Pair pair;
    for (const auto& [parameter, role] :
         {std::pair("prior_id", &pair.prior), std::pair("implied_id", &pair.implied)}) {
        auto found = store.find("role", request.parameter(parameter));
        if (!found)
            return could_not_find("role", request.parameter(parameter));
        *role = std::move(*found);
    }
    return pair;
}

Outcome<Response> list(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, "list_implied_roles"));
    const std::string& id = request.parameter("prior_id");
    const auto role = store.find("role", id);
    if (!role)
        return could_not_find("role", id);
    auto implied = json::array();
    for (const auto& [prior, implied_id] : store.implications())
        if (prior == id)
            if (const auto other = store.find("role", implied_id))
                implied.push_back(short_of(*other, request));
    return Response::json(
        200, {{"role_inference",
               {{"prior_role", short_of(*role, request)}, {"implies", std::move(implied)}}},
              {"links", links(request)}});
}

Response shown(int status, const Pair& pair, const Request& request) {
    return Response::json(status, {{"role_inference",
                                    {{"prior_role", short_of(pair.prior, request)},
                                     {"implies", short_of(pair.implied, request)}}},
                                   {"links", links(request)}});
}

tl::unexpected<http::Fault> not_implied(const Request& request) {
    return refuse(404, fmt::format("{} does not imply {}.", request.parameter("prior_id"),
                                   request.parameter("implied_id")));
}

Outcome<Response> show(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, "get_implied_role"));
    VTPMLAB_TRY(const Pair pair, named(store, request));
    for (const auto& [prior, implied] : store.implications())
        if (prior == request.parameter("prior_id") && implied == request.parameter("implied_id"))
            return request.method == "HEAD" ? Response::empty(204) : shown(200, pair, request);
    return not_implied(request);
}

Outcome<Response> add(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, "create_implied_role"));
    VTPMLAB_TRY(const Pair pair, named(store, request));
    store.imply(request.parameter("prior_id"), request.parameter("implied_id"));
    return shown(201, pair, request);
}

Outcome<Response> remove(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, "delete_implied_role"));
    if (!store.unimply(request.parameter("prior_id"), request.parameter("implied_id")))
        return not_implied(request);
    return Response::empty(204);
}

Outcome<Response> inferences(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, "list_role_inference_rules"));
    std::map<std::string, json> rules;
    for (const auto& [prior, implied] : store.implications()) {
        const auto first = store.find("role", prior), second = store.find("role", implied);
        if (!first || !second)
            continue;
        json& rule = rules[prior];
        rule["prior_role"] = short_of(*first, request);
        rule["implies"].push_back(short_of(*second, request));
    }
    auto all = json::array();
    for (auto& [prior, rule] : rules)
        all.push_back(std::move(rule));
    return Response::json(200, {{"role_inferences", std::move(all)}});
}

} // namespace

std::vector<http::Route> role_routes(Parts parts) {
    Store& store = parts.store;
    std::vector<http::Route> routes;
    const auto add_row = [&](const char* method, const char* path, auto handler) {
        routes.push_back(
            {method, path, [&store, handler](const Request& r) { return handler(store, r); }});
    };
    const char* one = "/v3/roles/{prior_id}/implies/{implied_id}";
    add_row("GET", "/v3/roles/{prior_id}/implies", list);
    add_row("GET", one, show);
    add_row("PUT", one, add);
    add_row("DELETE", one, remove);
    add_row("GET", "/v3/role_inferences", inferences);
    return routes;
}

} // namespace vtpmlab::fakes::keystone
