// Images themselves: create, show, patch, delete.

#include "glance/patch.h"
#include "glance/policy.h"
#include "glance/published_schemas.h"
#include "glance/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace vtpmlab::fakes::glance {

namespace {

// As [DEFAULT] image_property_quota and image_tag_quota.
constexpr std::size_t property_quota = 128;
constexpr std::size_t tag_quota = 128;

// Rules over the whole image, whatever way it came to be so.
Outcome<void> check_limits(const Image& image) {
    for (const auto& [name, value] :
         {std::pair("min_ram", image.min_ram), std::pair("min_disk", image.min_disk)})
        if (value < 0)
            return refuse(400, fmt::format("Invalid value '{1}' for parameter '{0}': Cannot be a "
                                           "negative value",
                                           name, value));
        else if (value > std::numeric_limits<std::int32_t>::max())
            return refuse(400, fmt::format("'{}' value out of range, must not exceed {}.", name,
                                           std::numeric_limits<std::int32_t>::max()));
    if (image.properties.size() > property_quota)
        return refuse(413, fmt::format("The limit has been exceeded on the number of allowed image "
                                       "properties. Attempted: {}, Maximum: {}",
                                       image.properties.size(), property_quota));
    if (image.tags.size() > tag_quota)
        return refuse(413, fmt::format("The limit has been exceeded on the number of allowed image "
                                       "tags. Attempted: {}, Maximum: {}",
                                       image.tags.size(), tag_quota));
    return {};
}

// Names first, then values, then names again: in this order the real one refuses.
Outcome<void> check_fields(const json& body) {
    for (const auto& [name, value] : body.items()) {
        if (field_named(name) == Field::read_only && name != "id")
            return refuse(403, fmt::format("Attribute '{}' is read-only.", name));
        if (name == "locations")
            return refuse(403, "Attribute 'locations' is reserved.");
    }
    VTPMLAB_CHECK(check_schema(body));
    for (const auto& [name, value] : body.items()) {
        if (field_named(name) == Field::reserved)
            return refuse(403, fmt::format("Attribute '{}' is reserved.", name),
                          std::string(as_detail));
        if (name.size() > 255)
            return refuse(400, "Custom property should not be greater than 255 characters.");
    }
    return {};
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.is_object())
        return refuse(400, "Unexpected body type. Expected list/dict.");
    VTPMLAB_CHECK(check_fields(body));
    VTPMLAB_CHECK(may_create(*request.caller));

    Image image;
    image.id = body.value("id", random_uuid());
    image.owner = request.caller->project_id;
    image.created_at = image.updated_at = parts.clock.now();
    for (const auto& [name, value] : body.items())
        if (name != "id")
            set_field(image, name, value);
    if (image.owner != request.caller->project_id && !is_admin(*request.caller))
        return refuse(403,
                      fmt::format("You are not permitted to create images owned by '{}'",
                                  image.owner.empty() ? "None" : image.owner),
                      std::string(as_detail));
    VTPMLAB_CHECK(may_set_visibility(*request.caller, image.visibility));
    VTPMLAB_CHECK(check_limits(image));
    if (!parts.store.insert(image))
        return refuse(409, fmt::format("Image ID {} already exists!", image.id));
    return Response::json(201, described(image))
        .with("Location", request.base_url + "/v2/images/" + image.id)
        .with("OpenStack-image-import-methods", "glance-direct,web-download");
}

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Image image, visible_image(parts.store, request));
    return Response::json(200, described(image));
}

Outcome<Response> patch(Parts parts, const Request& request) {
    std::string_view type = request.headers.value("Content-Type");
    type = type.substr(0, type.find(';'));
    if (type != patch_type_2_1 && type != patch_type_2_0) {
        auto refusal = unsupported_media_type(request);
        refusal.value().headers.set("Accept-Patch",
                                    fmt::format("{}, {}", patch_type_2_0, patch_type_2_1));
        return refusal;
    }
    VTPMLAB_TRY(const json body, request.json());
    VTPMLAB_TRY(const auto operations,
                parse_patch(body, type == patch_type_2_1 ? PatchForm::v2_1 : PatchForm::v2_0));
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));
    const auto changed = parts.store.change(seen.id, [&](Image& image) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, image, "modify_image"));
        const std::string owner = image.owner, visibility = image.visibility;
        for (const auto& operation : operations)
            VTPMLAB_CHECK(apply(operation, image));
        if (image.owner != owner && !is_admin(*request.caller))
            return refuse(403, "Owner can't be updated by non admin.", std::string(as_detail));
        if (image.visibility != visibility)
            VTPMLAB_CHECK(may_set_visibility(*request.caller, image.visibility));
        VTPMLAB_CHECK(check_limits(image));
        image.updated_at = parts.clock.now();
        return {};
    });
    if (!changed)
        return tl::unexpected(changed.error());
    return Response::json(200, described(*changed));
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const auto seen = visible_image(parts.store, request);
    if (!seen)
        return refuse(
            404, fmt::format("Failed to find image {} to delete", request.parameter("image_id")));
    const auto removed = parts.store.remove(seen->id, [&](const Image& image) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, image, "delete_image"));
        if (image.is_protected)
            return refuse(403,
                          fmt::format("Image {} is protected and cannot be deleted.", image.id));
        return {};
    });
    if (!removed)
        return tl::unexpected(removed.error());
    // After its row: an upload that ends between the two finds no image, and removes its own file.
    parts.files.remove(removed->id);
    return nothing();
}

} // namespace

std::vector<http::Route> image_routes(Parts parts) {
    const auto route = [parts](const char* method, const char* path, auto handler, Body body) {
        http::Route entry{method, path, [parts, handler](const Request& request) {
                              return handler(parts, request);
                          }};
        entry.body = body;
        return entry;
    };
    return {route("POST", "/v2/images", create, Body::json),
            route("GET", "/v2/images/{image_id}", show, Body::none),
            // Bytes: the type is looked at before the text.
            route("PATCH", "/v2/images/{image_id}", patch, Body::bytes),
            route("DELETE", "/v2/images/{image_id}", remove, Body::none)};
}

} // namespace vtpmlab::fakes::glance
