// /v1/secrets: make, list, look at, read, fill in and delete.

#include "barbican/body_check.h"
#include "barbican/list_filter.h"
#include "barbican/routes.h"
#include "barbican/secret_body.h"
#include "http/json.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr const char* binary_type = "application/octet-stream";

// From 1.1 on, who uses a secret is shown with it.
json shown(Parts parts, const Secret& secret, const Request& request) {
    auto body = described(secret, request);
    if (request.microversion < consumers_since)
        return body;
    body["consumers"] = json::array();
    for (const auto& consumer : parts.store.consumers(secret.id))
        body["consumers"].push_back({{"service", consumer.fields[0]},
                                     {"resource_type", consumer.fields[1]},
                                     {"resource_id", consumer.fields[2]}});
    return body;
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "secrets:post", "Secret creation"));
    VTPMLAB_TRY(const json body, json_body(request));
    const auto now = parts.clock.now();
    VTPMLAB_TRY(NewSecret made, new_secret(body, now));
    made.secret.id = random_uuid();
    made.secret.project_id = request.caller->project_id;
    made.secret.creator_id = request.caller->user_id;
    made.secret.created = made.secret.updated = now;
    if (!parts.store.insert(made.secret, made.payload ? &*made.payload : nullptr))
        return quota_reached("Secret creation");
    const auto reference = reference_to(request, "secrets", made.secret.id);
    return Response::json(201, {{"secret_ref", reference}}).with("Location", reference);
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "secrets:get", "Secret(s) retrieval"));
    VTPMLAB_TRY(const SecretFilter filter, secret_filter(request));
    const auto page = parts.store.list(filter, parts.clock.now());
    auto secrets = json::array();
    for (const auto& secret : page.items)
        secrets.push_back(shown(parts, secret, request));
    return Response::json(
        200, listed(request, "secrets", "secrets", std::move(secrets), filter.paging, page.total));
}

// Barbican does not negotiate: the header is one type, as a whole, or it is none that is known.
enum class Wanted { nothing, anything, json, payload_type, other };
struct Accepted {
    Wanted wanted = Wanted::other;
    std::string type = {}; // of the payload
};
Accepted accepted(const Request& request) {
    const auto accept = request.headers.value("Accept");
    if (accept.empty())
        return {Wanted::nothing};
    if (accept == "*/*")
        return {Wanted::anything};
    if (accept == "application/json")
        return {Wanted::json};
    if (const auto type = normal_content_type(accept))
        return {Wanted::payload_type, *type};
    return {};
}

Outcome<Response> read_payload(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret:decrypt", "Secret payload retrieval"));
    if (!secret.content_type)
        return refuse(404, "Not Found. Sorry but your secret has no payload.");
    const auto wrong_type = [] {
        return issue_seen(406, "Secret payload retrieval", "Wrong payload content-type");
    };
    std::string type;
    switch (Accepted asked = accepted(request); asked.wanted) {
    case Wanted::nothing:
        type = binary_type;
        break;
    case Wanted::anything: // as it was stored
        type = *secret.content_type;
        break;
    case Wanted::payload_type:
        type = std::move(asked.type);
        break;
    case Wanted::json:
    case Wanted::other:
        return wrong_type();
    }
    const auto payload = parts.store.payload(secret.id);
    if (!payload) // deleted since
        return refuse(404, "Secret not found.");
    if (is_text(type) && !http::is_utf8(payload->reveal()))
        return wrong_type();
    return Response::text(200, std::string(payload->reveal()),
                          is_text(type) ? "text/plain; charset=UTF-8" : type);
}

Outcome<Response> show(Parts parts, const Request& request) {
    // Deprecated, and still there: any other Accept here asks for the payload.
    const Wanted wanted = accepted(request).wanted;
    if (wanted != Wanted::json && wanted != Wanted::anything && wanted != Wanted::nothing)
        return read_payload(parts, request);
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret:get", "Secret retrieval"));
    return Response::json(200, shown(parts, secret, request));
}

tl::unexpected<http::Fault> undecodable() {
    return issue_seen(400, "Secret update", "Problem decoding payload");
}

// Taken as a stream, so that the journal does not see it whatever content type it claims.
Outcome<SecretValue> sent_bytes(const Request& request) {
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
        return issue_seen(413, "Secret update", "Provided information too large to process");
    if (read != http::BodyRead::complete)
        return refuse(400, "The request body ended too early.");
    if (payload.empty())
        return issue_seen(400, "Secret update", "No data supplied to process.");
    return payload;
}

// An encoding is something for binary types alone.
Outcome<SecretValue> decoded(SecretValue payload, const std::string& type, const Request& request) {
    const auto encoding = request.headers.value("Content-Encoding");
    if (is_text(type)) {
        if (!http::is_utf8(payload.reveal()))
            return undecodable();
        return payload;
    }
    if (encoding.empty() || encoding == "binary")
        return payload;
    if (encoding != "base64")
        return issue_seen(400, "Secret update",
                          "Text-based binary secret payloads must specify a content-encoding of "
                          "'base64'");
    auto bytes = lenient_base64(payload.reveal());
    if (!bytes)
        return undecodable();
    return std::move(*bytes);
}

Outcome<Response> fill_in(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret, allowed_secret(parts, request, "secret:put", "Secret update"));
    VTPMLAB_CHECK(need_content_type(request, {binary_type, "text/plain"}));
    VTPMLAB_TRY(SecretValue sent, sent_bytes(request));
    const auto taken = [] { return refuse(409, "Secret already has data, cannot modify it."); };
    if (secret.content_type)
        return taken();
    // A charset is not looked at here: what is no UTF-8 is refused whatever it is said to be.
    const std::string type =
        request.headers.value("Content-Type").starts_with(binary_type) ? binary_type : "text/plain";
    VTPMLAB_TRY(const SecretValue payload, decoded(std::move(sent), type, request));
    if (!parts.store.set_payload(secret.id, type, payload, parts.clock.now()))
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
    RouteTable table(parts);
    table.add("GET", "/v1/secrets", list);
    table.add("POST", "/v1/secrets", create, Body::bytes);
    table.add("GET", "/v1/secrets/{id}", show);
    table.add("PUT", "/v1/secrets/{id}", fill_in, Body::streamed);
    table.add("DELETE", "/v1/secrets/{id}", remove);
    table.add("GET", "/v1/secrets/{id}/payload", read_payload);
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
