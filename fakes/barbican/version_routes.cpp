// Discovery. A client that names a microversion of 1.1 or later gets the newer document, whose
// form says that there are microversions at all (spec: nova-vtpm §6.4).

#include "barbican/routes.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

using http::Access;

namespace {

json version_of(const Request& request) {
    json version = {{"id", "v1"},
                    {"links", json::array({{{"rel", "self"}, {"href", request.base_url + "/v1/"}},
                                           {{"rel", "describedby"},
                                            {"type", "text/html"},
                                            {"href", "https://docs.openstack.org/"}}})}};
    if (request.microversion >= consumers_since) {
        version["status"] = "CURRENT";
        version["min_version"] = "1.0";
        version["max_version"] = "1.2";
    } else {
        version["status"] = "stable";
        version["media-types"] =
            json::array({{{"base", "application/json"},
                          {"type", "application/vnd.openstack.key-manager-v1+json"}}});
    }
    return version;
}

Response versions(const Request& request) {
    auto all = json::array({version_of(request)});
    if (request.microversion >= consumers_since)
        return Response::json(300, {{"versions", std::move(all)}});
    return Response::json(300, {{"versions", {{"values", std::move(all)}}}});
}

} // namespace

std::vector<http::Route> version_routes() {
    return {{"GET", "/", versions, Access::open},
            {"GET", "/v1", [](const Request& request) {
                 return Response::json(200, {{"version", version_of(request)}});
             }}};
}

} // namespace vtpmlab::fakes::barbican
