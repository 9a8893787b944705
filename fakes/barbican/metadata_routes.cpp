// /v1/secrets/{id}/metadata: what a user writes beside a secret, keys and values of text.

#include "barbican/body_check.h"
#include "barbican/routes.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view all_schema = R"({
    "type": "object",
    "properties": {"metadata": {"type": "object", "required": true}}})";
constexpr std::string_view one_schema = R"({
    "type": "object",
    "properties": {
        "key": {"type": "string", "maxLength": 255, "required": true},
        "value": {"type": "string", "maxLength": 255, "required": true}},
    "additionalProperties": false})";

Outcome<void> need_safe_key(const std::string& key) {
    const bool safe = std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    if (!safe)
        return refuse(400, "Invalid Key. Key must be URL safe.");
    return {};
}

struct Metadatum {
    std::string key, value;
};

Outcome<Metadatum> metadatum_of(const Request& request) {
    static const BodySchema schema("SecretMetadatum", one_schema);
    VTPMLAB_TRY(const json body, schema.body_of(request));
    const auto key = body["key"].get<std::string>();
    VTPMLAB_CHECK(need_safe_key(key));
    return Metadatum{lowered(key), body["value"].get<std::string>()};
}

tl::unexpected<http::Fault> not_found() { return refuse(404, "Secret metadata not found."); }

json shown(const Metadatum& metadatum) {
    return {{"key", metadatum.key}, {"value", metadatum.value}};
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:get", "Secret metadata retrieval"));
    auto all = json::object();
    for (const auto& [key, value] : parts.store.metadata(secret.id))
        all[key] = value;
    return Response::json(200, {{"metadata", std::move(all)}});
}

Outcome<Response> replace_all(Parts parts, const Request& request) {
    static const BodySchema schema("SecretMetadata", all_schema);
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:put", "Secret metadata creation"));
    VTPMLAB_TRY(const json body, schema.body_of(request));
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : body["metadata"].items()) {
        VTPMLAB_CHECK(need_safe_key(key));
        if (!value.is_string())
            return refuse(400, "Invalid Metadata. Keys and Values must be Strings.");
        all[lowered(key)] = value.get<std::string>();
    }
    parts.store.set_metadata(secret.id, all);
    return Response::json(
        201, {{"metadata_ref", reference_to(request, "secrets", secret.id) + "/metadata"}});
}

Outcome<Response> add(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:post", "Secret metadatum creation"));
    VTPMLAB_TRY(const Metadatum metadatum, metadatum_of(request));
    if (!parts.store.add_metadatum(secret.id, metadatum.key, metadatum.value))
        return refuse(409, "Conflict. Key in request is already in the secret metadata");
    return Response::json(201, shown(metadatum))
        .with("Location",
              reference_to(request, "secrets", secret.id) + "/metadata/" + metadatum.key);
}

Outcome<Response> show_one(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:get", "Secret metadatum retrieval"));
    const auto all = parts.store.metadata(secret.id);
    const auto found = all.find(request.parameter("key"));
    if (found == all.end())
        return not_found();
    return Response::json(200, shown({found->first, found->second}));
}

Outcome<Response> replace_one(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:put", "Secret metadatum update"));
    VTPMLAB_TRY(const Metadatum metadatum, metadatum_of(request));
    const std::string& key = request.parameter("key");
    if (!parts.store.metadata(secret.id).count(key))
        return not_found();
    if (key != metadatum.key) // and no more: the second half of the sentence is lost in Barbican
        return refuse(409, "Key in request data does not match key in the ");
    if (!parts.store.replace_metadatum(secret.id, metadatum.key, metadatum.value))
        return not_found();
    return Response::json(200, shown(metadatum));
}

Outcome<Response> remove_one(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Secret secret,
                allowed_secret(parts, request, "secret_meta:delete", "Secret metadatum removal"));
    parts.store.remove_metadatum(secret.id, request.parameter("key"));
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> metadata_routes(Parts parts) {
    RouteTable table(parts);
    table.add("GET", "/v1/secrets/{id}/metadata", list);
    table.add("PUT", "/v1/secrets/{id}/metadata", replace_all, Body::bytes);
    table.add("POST", "/v1/secrets/{id}/metadata", add, Body::bytes);
    table.add("GET", "/v1/secrets/{id}/metadata/{key}", show_one);
    table.add("PUT", "/v1/secrets/{id}/metadata/{key}", replace_one, Body::bytes);
    table.add("DELETE", "/v1/secrets/{id}/metadata/{key}", remove_one);
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
