// What a client asks before it asks for anything: which versions there are, and where.

#include "cloud/api/api.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

json version(const http::Request& request, const std::string& id, const std::string& status,
             const std::string& minimum, const std::string& maximum) {
    return {{"id", id},
            {"status", status},
            {"version", maximum},
            {"min_version", minimum},
            {"updated", "2013-07-23T11:33:21Z"},
            {"links",
             {{{"rel", "self"}, {"href", request.base_url + (id == "v2.0" ? "/v2/" : "/v2.1/")}}}}};
}

} // namespace

std::vector<http::Route> version_routes(Api& api) {
    const auto maximum = nova_microversions(api.cloud.profile).maximum.text();
    const auto current = [maximum](const http::Request& request) {
        return version(request, "v2.1", "CURRENT", "2.1", maximum);
    };
    const auto all = [current](const http::Request& request) -> http::Outcome<http::Response> {
        return http::Response::json(
            200, {{"versions", {version(request, "v2.0", "SUPPORTED", "", ""), current(request)}}});
    };
    const auto one = [current](const http::Request& request) -> http::Outcome<http::Response> {
        auto described = current(request);
        described["media-types"] = {
            {{"base", "application/json"},
             {"type", "application/vnd.openstack.compute+json;version=2.1"}}};
        return http::Response::json(200, {{"version", described}});
    };
    return {{"GET", "/", all, http::Access::open}, {"GET", "/v2.1", one, http::Access::open}};
}

} // namespace vtpmlab::cloud
