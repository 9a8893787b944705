#include "keystone/common.h"

#include "http/json.h"
#include "keystone/schemas.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::keystone {

using nlohmann::ordered_json;

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

Outcome<ordered_json> object_body(const Request& request) {
    if (request.body.empty())
        return ordered_json::object();
    const std::string_view type = request.headers.value("Content-Type");
    const std::string_view plain = type.substr(0, type.find(';'));
    if (!type.empty() && plain != "application/json" &&
        !(plain.starts_with("application/") && plain.ends_with("+json")))
        return expecting("application/json", "Content-Type header");
    // Bounded in depth and known to be UTF-8 before it is read in the order of its keys.
    const auto body = http::parse_json(request.body);
    if (!body || !body->is_object())
        return expecting("valid JSON", "request body");
    return ordered_json::parse(request.body);
}

Outcome<json> submitted(const ordered_json& body, const char* key, const std::string& schema,
                        const json& absent) {
    const auto found = body.find(key);
    const ordered_json value = found == body.end() ? ordered_json(absent) : *found;
    VTPMLAB_CHECK(check_schema(schema, value));
    return json(value);
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
