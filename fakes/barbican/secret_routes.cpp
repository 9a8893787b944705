// /v1/secrets: make, list, look at, read, fill in and delete.

#include "barbican/routes.h"
#include "barbican/secret_body.h"
#include "http/json.h"
#include "http/timestamp.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace vtpmlab::fakes::barbican {

using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

constexpr const char* binary_type = "application/octet-stream";
constexpr const char* text_type = "text/plain";

template <typename T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}

json described(const Secret& secret, const Request& request) {
    json body = {{"secret_ref", secret_ref(request, secret.id)},
                 {"name", or_null(secret.name)},
                 {"status", "ACTIVE"},
                 {"secret_type", secret.type},
                 {"creator_id", secret.creator_id},
                 {"algorithm", or_null(secret.algorithm)},
                 {"bit_length", or_null(secret.bit_length)},
                 {"mode", or_null(secret.mode)},
                 {"expiration", secret.expiration ? json(http::timestamp_naive(*secret.expiration))
                                                  : json(nullptr)},
                 {"created", http::timestamp_naive(secret.created)},
                 {"updated", http::timestamp_naive(secret.updated)}};
    if (secret.content_type)
        body["content_types"] = {{"default", *secret.content_type}};
    if (request.microversion >= consumers_since)
        body["consumers"] = json::array();
    return body;
}

Outcome<Response> create(Parts parts, const Request& request) {
    if (!parts.policy.allows("secrets:post", *request.caller, nullptr))
        return not_allowed("Secret creation");
    VTPMLAB_CHECK(need_content_type(request, {"application/json"}));
    const auto body = http::parse_json(request.body);
    if (!body)
        return refuse(400, "Malformed JSON");
    const auto now = parts.clock.now();
    VTPMLAB_TRY(NewSecret made, new_secret(*body, now));
    made.secret.id = random_uuid();
    made.secret.project_id = request.caller->project_id;
    made.secret.creator_id = request.caller->user_id;
    made.secret.created = made.secret.updated = now;
    parts.store.insert(made.secret, made.payload ? &*made.payload : nullptr);
    const auto reference = secret_ref(request, made.secret.id);
    return Response::json(201, {{"secret_ref", reference}}).with("Location", reference);
}

std::optional<std::int64_t> number(const std::string* text) {
    std::int64_t value = 0;
    if (!text || text->empty())
        return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size())
        return std::nullopt;
    return value;
}

std::optional<std::string> filter_text(const Request& request, const char* name) {
    const std::string* value = request.query.find(name);
    if (!value || value->empty())
        return std::nullopt;
    return *value;
}

SecretFilter filter_of(const Request& request) {
    SecretFilter filter;
    filter.project_id = request.caller->project_id;
    filter.name = filter_text(request, "name");
    filter.type = filter_text(request, "secret_type");
    filter.algorithm = filter_text(request, "alg");
    filter.mode = filter_text(request, "mode");
    if (const auto bits = number(request.query.find("bits")); bits && *bits > 0)
        filter.bit_length = bits;
    if (filter_text(request, "acl_only") == "true")
        filter.acl_user = request.caller->user_id;
    // Nonsense in these two is taken for nothing, and too much for the most there is.
    filter.offset = std::max<std::int64_t>(number(request.query.find("offset")).value_or(0), 0);
    filter.limit =
        std::clamp<std::int64_t>(number(request.query.find("limit")).value_or(10), 1, 100);
    return filter;
}

Outcome<Response> list(Parts parts, const Request& request) {
    if (!parts.policy.allows("secrets:get", *request.caller, nullptr))
        return not_allowed("Secret(s) retrieval");
    const auto filter = filter_of(request);
    const auto page = parts.store.list(filter, parts.clock.now());
    auto secrets = json::array();
    for (const auto& secret : page.secrets)
        secrets.push_back(described(secret, request));
    json body = {{"secrets", std::move(secrets)}, {"total", page.total}};
    if (!page.secrets.empty()) {
        const auto at = [&](std::int64_t offset) {
            return fmt::format("{}/v1/secrets?limit={}&offset={}", request.base_url, filter.limit,
                               offset);
        };
        if (filter.offset > 0)
            body["previous"] = at(std::max<std::int64_t>(filter.offset - filter.limit, 0));
        if (page.total > filter.offset + filter.limit)
            body["next"] = at(filter.offset + filter.limit);
    }
    return Response::json(200, body);
}

// The first content type of the Accept header this service can give, of those the client takes.
enum class Wanted { anything, json, binary, text, other };
Wanted wanted(const Request& request) {
    std::string_view accept = request.headers.value("Accept");
    Wanted best = accept.empty() ? Wanted::anything : Wanted::other;
    while (!accept.empty() && best == Wanted::other) {
        std::string_view type = accept.substr(0, accept.find(','));
        accept = type.size() == accept.size() ? std::string_view() : accept.substr(type.size() + 1);
        type = type.substr(0, type.find(';'));
        while (!type.empty() && type.front() == ' ')
            type.remove_prefix(1);
        while (!type.empty() && type.back() == ' ')
            type.remove_suffix(1);
        best = type == "*/*"                ? Wanted::anything
               : type == "application/json" ? Wanted::json
               : type == binary_type        ? Wanted::binary
               : type == text_type          ? Wanted::text
                                            : Wanted::other;
    }
    return best;
}

Outcome<Response> read_payload(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret:decrypt", "Secret payload retrieval"));
    if (!secret.content_type)
        return refuse(404, "Not Found. Sorry but your secret has no payload.");
    const auto wrong_type = [] {
        return refuse(406, "Secret payload retrieval issue seen - Wrong payload content-type.");
    };
    Wanted type = wanted(request);
    if (type == Wanted::anything)
        type = *secret.content_type == text_type ? Wanted::text : Wanted::binary;
    if (type != Wanted::binary && type != Wanted::text)
        return wrong_type();
    const auto payload = parts.store.payload(secret.id);
    if (!payload) // deleted since
        return refuse(404, "Secret not found.");
    if (type == Wanted::text && !http::is_utf8(payload->reveal()))
        return wrong_type();
    return Response::text(200, std::string(payload->reveal()),
                          type == Wanted::text ? "text/plain; charset=UTF-8" : binary_type);
}

Outcome<Response> show(Parts parts, const Request& request) {
    // Deprecated, and still there: any other Accept here asks for the payload.
    const Wanted type = wanted(request);
    if (type != Wanted::json && type != Wanted::anything)
        return read_payload(parts, request);
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret:get", "Secret retrieval"));
    return Response::json(200, described(secret, request));
}

// Taken as a stream, so that the journal does not see it whatever content type it claims.
Outcome<SecretValue> sent_payload(const Request& request) {
    std::vector<unsigned char> bytes;
    bytes.reserve(max_secret_bytes);
    const auto read = request.stream([&](std::string_view piece) {
        if (bytes.size() + piece.size() > max_secret_bytes)
            return false;
        bytes.insert(bytes.end(), piece.begin(), piece.end());
        return true;
    });
    SecretValue payload(std::move(bytes));
    if (read == http::BodyRead::stopped || read == http::BodyRead::too_large)
        return refuse(413, "Provided information too large to process");
    if (read != http::BodyRead::complete)
        return refuse(400, "The request body ended too early.");
    if (payload.empty())
        return refuse(400, "No payload provided.");
    const auto encoding = request.headers.value("Content-Encoding");
    if (encoding.empty() || encoding == "binary")
        return payload;
    if (encoding != "base64")
        return refuse(400, fmt::format("Secret content-encoding of '{}' not supported.", encoding));
    auto decoded = lenient_base64(payload.reveal());
    if (!decoded)
        return refuse(400, "Problem decoding payload.");
    return std::move(*decoded);
}

Outcome<Response> fill_in(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret, allowed_secret(parts, request, "secret:put", "Secret update"));
    VTPMLAB_CHECK(need_content_type(request, {binary_type, text_type}));
    const auto type = normal_content_type(request.headers.value("Content-Type"));
    if (!type)
        return refuse(400, fmt::format("Secret content-type of '{}' not supported.",
                                       request.headers.value("Content-Type")));
    const auto taken = [] { return refuse(409, "Secret already has data, cannot modify it."); };
    if (secret.content_type)
        return taken();
    VTPMLAB_TRY(const SecretValue payload, sent_payload(request));
    if (*type == text_type && !http::is_utf8(payload.reveal()))
        return refuse(400, "Problem decoding payload.");
    if (!parts.store.set_payload(secret.id, *type, payload, parts.clock.now()))
        return taken();
    return Response::empty(204);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret:delete", "Secret deletion"));
    if (!parts.store.remove(secret.id))
        return refuse(404, "Secret not found.");
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> secret_routes(Parts parts) {
    std::vector<http::Route> routes;
    const auto add = [&](const char* method, const char* path, auto handler,
                         Body body = Body::none) {
        http::Route route{method, path,
                          [parts, handler](const Request& r) { return handler(parts, r); }};
        route.body = body;
        routes.push_back(std::move(route));
    };
    add("GET", "/v1/secrets", list);
    add("POST", "/v1/secrets", create, Body::bytes); // who and which type come before JSON
    add("GET", "/v1/secrets/{id}", show);
    add("PUT", "/v1/secrets/{id}", fill_in, Body::streamed);
    add("DELETE", "/v1/secrets/{id}", remove);
    add("GET", "/v1/secrets/{id}/payload", read_payload);
    return routes;
}

} // namespace vtpmlab::fakes::barbican
