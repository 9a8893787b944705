// /v1/containers: secrets that belong together, under names.

#include "barbican/body_check.h"
#include "barbican/routes.h"
#include "barbican/secret_body.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view container_schema = R"({
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"], "maxLength": 255},
        "type": {"type": "string", "enum": ["generic", "rsa", "certificate"]},
        "secret_refs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["secret_ref"],
                "properties": {
                    "name": {"type": ["string", "null"], "maxLength": 255},
                    "secret_ref": {"type": "string", "minLength": 1}}}}},
    "required": ["type"]})";
constexpr std::string_view reference_schema = R"({
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 255},
        "secret_ref": {"type": "string", "minLength": 1}},
    "required": ["secret_ref"]})";

using Names = std::set<std::string>;

// Which names a type of container must have and may have, and what is said otherwise.
struct TypeRule {
    const char* type;
    Names needed, allowed;
    const char* not_allowed;
    const char* missing;
};

const TypeRule type_rules[] = {
    {"rsa",
     {"public_key", "private_key"},
     {"public_key", "private_key", "private_key_passphrase"},
     "only 'private_key', 'public_key' and 'private_key_passphrase' reference names are allowed "
     "for RSA type",
     "The minimum required reference names are 'public_key' and'private_key' for RSA type"},
    {"certificate",
     {"certificate"},
     {"certificate", "private_key", "private_key_passphrase", "intermediates"},
     "only 'private_key', 'certificate' , 'private_key_passphrase',  or 'intermediates' reference "
     "names are allowed for Certificate type",
     "The minimum required reference name is 'certificate' for Certificate type"},
};

// The last segment, one slash at the end forgiven.
std::string id_of(std::string_view reference) {
    if (!reference.empty() && reference.back() == '/')
        reference.remove_suffix(1);
    return std::string(reference.substr(reference.rfind('/') + 1));
}

SecretReference reference_of(const json& sent) {
    SecretReference reference;
    if (const auto name = sent.find("name"); name != sent.end() && name->is_string())
        reference.name = name->get<std::string>();
    reference.secret_id = id_of(sent["secret_ref"].get_ref<const std::string&>());
    return reference;
}

Outcome<void> check_references(const std::string& type, const json& sent, const Request& request) {
    const auto wrong = [](const char* reason) {
        return no_match("Container", reason, "secret_refs");
    };
    Names names, ids;
    for (const auto& reference : sent) {
        const auto [name, id] = reference_of(reference);
        names.insert(name.value_or(""));
        ids.insert(id);
    }
    if (names.size() != sent.size())
        return wrong("Duplicate reference names are not allowed");
    if (ids.size() != sent.size())
        return wrong("Duplicate secret ids are not allowed");
    // No references into another Barbican.
    for (const auto& reference : sent)
        if (reference["secret_ref"].get_ref<const std::string&>().rfind(request.base_url, 0) != 0)
            return refuse(400, "Provided field value is not supported");
    for (const auto& rule : type_rules) {
        if (type != rule.type)
            continue;
        if (!std::includes(rule.allowed.begin(), rule.allowed.end(), names.begin(), names.end()))
            return wrong(rule.not_allowed);
        if (!std::includes(names.begin(), names.end(), rule.needed.begin(), rule.needed.end()))
            return wrong(rule.missing);
    }
    return {};
}

// A secret of the caller's own project.
bool has_secret(Parts parts, const Request& request, const std::string& id) {
    const auto secret = parts.store.find(id, parts.clock.now());
    return secret && secret->project_id == request.caller->project_id;
}

Outcome<Container> new_container(Parts parts, const Request& request) {
    static const BodySchema schema("Container", container_schema);
    VTPMLAB_TRY(const json body, schema.body_of(request));
    Container container;
    container.id = random_uuid();
    if (const auto name = body.find("name"); name != body.end() && name->is_string())
        container.name = name->get<std::string>();
    container.type = body["type"].get<std::string>();
    container.project_id = request.caller->project_id;
    container.creator_id = request.caller->user_id;
    container.created = container.updated = parts.clock.now();
    const auto references = body.find("secret_refs");
    if (references == body.end() || references->empty())
        return container;
    VTPMLAB_CHECK(check_references(container.type, *references, request));
    for (const auto& sent : *references) {
        auto reference = reference_of(sent);
        if (!has_secret(parts, request, reference.secret_id))
            return refuse(404, fmt::format("Secret provided for '{}' doesn't exist.",
                                           reference.name.value_or("None")));
        container.secrets.push_back(std::move(reference));
    }
    return container;
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "containers:post", "Container creation"));
    VTPMLAB_TRY(const Container container, new_container(parts, request));
    if (!parts.store.insert(container))
        return quota_reached("Container creation");
    const auto reference = reference_to(request, "containers", container.id);
    return Response::json(201, {{"container_ref", reference}}).with("Location", reference);
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "containers:get", "Containers(s) retrieval"));
    const ContainerFilter filter{request.caller->project_id, filter_text(request, "name"),
                                 filter_text(request, "type"), paging_of(request)};
    const auto page = parts.store.list(filter);
    auto containers = json::array();
    for (const auto& container : page.items)
        containers.push_back(described(container, parts.store.consumers(container.id), request));
    return Response::json(200, listed(request, "containers", "containers", std::move(containers),
                                      filter.paging, page.total));
}

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Container container,
                allowed_container(parts, request, "container:get", "Container retrieval"));
    return Response::json(200, described(container, parts.store.consumers(container.id), request));
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Container container,
                allowed_container(parts, request, "container:delete", "Container deletion"));
    if (!parts.store.remove_container(container.id))
        return refuse(404, "Secrets container not found.");
    return Response::empty(204);
}

// What POST and DELETE of …/secrets name.
Outcome<SecretReference> sent_reference(const Request& request) {
    static const BodySchema schema("ContainerSecret", reference_schema);
    VTPMLAB_TRY(const json body, schema.body_of(request));
    return reference_of(body);
}

Outcome<Response> add_secret(Parts parts, const Request& request) {
    VTPMLAB_TRY(
        const Container container,
        allowed_container(parts, request, "container_secret:post", "Container Secret creation"));
    VTPMLAB_CHECK(need_content_type(request, {"application/json"}));
    if (container.type != "generic")
        return refuse(400, "Only 'generic' containers can be modified.");
    VTPMLAB_TRY(const SecretReference reference, sent_reference(request));
    if (!has_secret(parts, request, reference.secret_id))
        return refuse(404, "Secret provided doesn't exist.");
    if (!parts.store.add_reference(container.id, reference))
        return refuse(409, "Conflict. A secret with that name and ID is already stored in this "
                           "container. The same secret can exist in a container as long as the "
                           "name is unique.");
    const auto location = reference_to(request, "containers", container.id);
    return Response::json(201, {{"container_ref", location}}).with("Location", location);
}

Outcome<Response> remove_secret(Parts parts, const Request& request) {
    VTPMLAB_TRY(
        const Container container,
        allowed_container(parts, request, "container_secret:delete", "Container Secret deletion"));
    VTPMLAB_TRY(const SecretReference reference, sent_reference(request));
    if (!has_secret(parts, request, reference.secret_id))
        return refuse(404, fmt::format("Secret '{}' with reference '{}' doesn't exist.",
                                       reference.name.value_or("None"),
                                       reference_to(request, "secrets", reference.secret_id)));
    if (!parts.store.remove_reference(container.id, reference))
        return refuse(404, "Secret provided is not in the container");
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> container_routes(Parts parts) {
    RouteTable table(parts);
    table.add("GET", "/v1/containers", list);
    table.add("POST", "/v1/containers", create, Body::bytes);
    table.add("GET", "/v1/containers/{id}", show);
    table.add("DELETE", "/v1/containers/{id}", remove);
    table.add("POST", "/v1/containers/{id}/secrets", add_secret, Body::bytes);
    table.add("DELETE", "/v1/containers/{id}/secrets", remove_secret, Body::bytes);
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
