#include "placement/routes.h"

#include "http/json.h"
#include "http/timestamp.h"
#include "placement/json_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vtpmlab::fakes::placement {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

// "text/html;level=1" → "text/html"
std::string_view media_type(std::string_view value) {
    return trimmed(value.substr(0, value.find(';')));
}

// Whether an Accept header takes JSON: the most specific range that fits decides (RFC
// 9110, 12.5.1).
bool accepts_json(std::string_view accept) {
    int best = -1;
    bool accepted = accept.empty();
    while (!accept.empty()) {
        const auto comma = accept.find(',');
        const std::string_view range = accept.substr(0, comma);
        const std::string_view type = media_type(range);
        const int rank = type == "application/json" ? 2
                         : type == "application/*"  ? 1
                         : type == "*/*"            ? 0
                                                    : -1;
        if (rank > best) {
            best = rank;
            const auto quality = range.find("q=");
            accepted = quality == std::string_view::npos ||
                       range.find_first_of("123456789", quality) != std::string_view::npos;
        }
        accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
    }
    return accepted;
}

// Reading is for readers of the whole system, the usage of a project for its own readers,
// everything for administrators and services.
Outcome<void> permitted(const Request& request, const std::string& policy) {
    if (policy.empty() || !request.caller)
        return {};
    const auto& caller = *request.caller;
    if (caller.has_role("admin") || caller.has_role("service"))
        return {};
    const bool reads = request.method == "GET";
    if (reads && caller.system_scope && caller.has_role("reader"))
        return {};
    if (policy == "placement:usages" && caller.has_role("reader"))
        if (const std::string* project = request.query.find("project_id");
            project && *project == caller.project_id)
            return {};
    return refuse(403, fmt::format("Policy does not allow {} to be performed.", policy));
}

Outcome<void> checked_media(const Request& request, Media media) {
    const bool writes = request.method == "PUT" || request.method == "POST";
    const std::string_view type = media_type(request.headers.value("Content-Type"));
    if (type.empty() && request.content_length.value_or(0) > 0)
        return refuse(400, "content-type header required when content-length > 0");
    if (media == Media::none)
        return {};
    if (writes && type != "application/json")
        return refuse(415, std::string(type.empty() ? "None" : type));
    if (request.method == "GET" && !accepts_json(request.headers.value("Accept")))
        return refuse(406, std::string(request.headers.value("Accept")), not_acceptable);
    return {};
}

} // namespace

http::Route route(const char* method, const char* path, Parts parts, HandlerOfParts handler,
                  RouteRules rules) {
    http::Route row;
    row.method = method;
    row.path = path;
    row.body = rules.media == Media::json && (row.method == "PUT" || row.method == "POST")
                   ? http::Body::bytes
                   : http::Body::none;
    row.handler = [=](const Request& request) -> Outcome<Response> {
        const bool slash_at_end = request.path.size() > 1 && request.path.back() == '/';
        if (!at_least(request, rules.since) || slash_at_end)
            return tl::unexpected(dialect()->not_found(request));
        VTPMLAB_CHECK(checked_media(request, rules.media));
        VTPMLAB_CHECK(permitted(request, rules.policy));
        return handler(parts, request);
    };
    return row;
}

Response fresh(Response response, const Request& request, Parts parts) {
    if (at_least(request, 15)) {
        response.headers.set("Cache-Control", "no-cache");
        response.headers.set("Last-Modified", http::timestamp_http(parts.clock.now()));
    }
    return response;
}

Response fresh_json(int status, const json& body, const Request& request, Parts parts) {
    return fresh(Response::json(status, body), request, parts);
}

Outcome<Json> checked_body(const Request& request, const http::JsonSchema& schema) {
    // Bounded in depth and known to be UTF-8 before it is read in the order of its keys.
    if (!http::parse_json(request.body))
        return refuse(400, "Malformed JSON: " + json_error(request.body));
    Json body = Json::parse(request.body);
    if (const auto complaint = schema.complaint(body))
        return refuse(400, "JSON does not validate: " + complaint->text);
    return body;
}

Outcome<void> checked_query(const Request& request, const http::JsonSchema& schema) {
    Json query = Json::object();
    for (const auto& [name, value] : request.query)
        query[name] = value;
    if (const auto complaint = schema.complaint(query))
        return refuse(400, "Invalid query string parameters: " + complaint->text);
    return {};
}

const std::string* last_value(const Request& request, std::string_view key) {
    const std::string* found = nullptr;
    for (const auto& [name, value] : request.query)
        if (name == key)
            found = &value;
    return found;
}

tl::unexpected<http::Fault> no_provider(std::string_view uuid, std::string_view words) {
    const std::string plain = fmt::format("No resource provider with uuid {} found", uuid);
    return refuse(404, fmt::format(fmt::runtime(words), plain));
}

Outcome<Response>
show_provider(Parts parts, const Request& request, std::string_view words,
              const std::function<Outcome<json>(const Model&, const Provider&)>& show) {
    const auto model = parts.store.read();
    const Provider* provider = model->provider(request.parameter("uuid"));
    if (!provider)
        return no_provider(request.parameter("uuid"), words);
    VTPMLAB_TRY(const json body, show(*model, *provider));
    return fresh_json(200, body, request, parts);
}

Outcome<Response>
edit_provider(Parts parts, const Request& request,
              const std::function<Outcome<Response>(const Model&, Provider&)>& edit) {
    auto change = parts.store.change();
    const Provider* old = change->provider(request.parameter("uuid"));
    if (!old)
        return no_provider(request.parameter("uuid"));
    Provider provider = *old;
    VTPMLAB_TRY(Response response, edit(*change, provider));
    // All changes are told by the generation, but for those of aggregates before 1.19.
    if (provider.generation != old->generation || provider.aggregates != old->aggregates) {
        change.put(std::move(provider));
        change.commit();
    }
    return response;
}

} // namespace vtpmlab::fakes::placement
