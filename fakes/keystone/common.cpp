#include "keystone/common.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::keystone {

using http::Outcome;
using http::refuse;
using http::Request;
using nlohmann::json;

tl::unexpected<http::Fault> forbidden(std::string_view action) {
    return refuse(403, fmt::format("You are not authorized to perform the requested action: "
                                   "identity:{}.",
                                   action));
}

tl::unexpected<http::Fault> could_not_find(std::string_view what, std::string_view id) {
    return refuse(404, fmt::format("Could not find {}: {}.", what, id));
}

tl::unexpected<http::Fault> expecting(std::string_view what, std::string_view place) {
    return refuse(400,
                  fmt::format("Expecting to find {} in {}. The server could not comply with the "
                              "request since it is either malformed or otherwise incorrect. The "
                              "client is assumed to be in error.",
                              what, place));
}

Outcome<void> need_admin(const Request& request, const std::string& action) {
    if (request.caller->has_role("admin"))
        return {};
    return forbidden(action);
}

Outcome<void> need_reader(const Request& request, const std::string& action) {
    if (request.caller->system_scope && request.caller->has_role("reader"))
        return {};
    return need_admin(request, action);
}

Outcome<json> submitted(const Request& request, const char* key) {
    VTPMLAB_TRY(const json body, request.json());
    const auto found = body.is_object() ? body.find(key) : body.end();
    if (!body.is_object() || found == body.end() || !found->is_object())
        return expecting(key, "request body");
    return *found;
}

http::Response listed(const Request& request, const char* key, json items) {
    return http::Response::json(200, {{key, std::move(items)},
                                      {"links",
                                       {{"self", request.base_url + request.target},
                                        {"previous", nullptr},
                                        {"next", nullptr}}}});
}

json with_link(json body, std::string_view plural, const Request& request) {
    body["links"] = {{"self", fmt::format("{}/v3/{}/{}", request.base_url, plural,
                                          body["id"].get<std::string>())}};
    return body;
}

bool passes(const json& body, const http::Query& filters) {
    for (const auto& [name, value] : filters) {
        const auto found = body.find(name);
        if (found == body.end())
            continue;
        const bool equal = found->is_boolean()
                               ? *found == (value != "false" && value != "0" && value != "False")
                           : found->is_string() ? *found == value
                                                : true;
        if (!equal)
            return false;
    }
    return true;
}

} // namespace vtpmlab::fakes::keystone
