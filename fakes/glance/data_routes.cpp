// Data of images: PUT and GET /v2/images/{image_id}/file.

#include "glance/byte_range.h"
#include "glance/policy.h"
#include "glance/routes.h"
#include "glance/upload.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::glance {

namespace {

Outcome<void> start_saving(Image& image) {
    if (image.status != "queued")
        return no_transition(image, "saving");
    if (!image.disk_format && !image.container_format)
        return refuse(400,
                      "Properties disk_format, container_format must be set prior to saving data.");
    if (!image.disk_format || !image.container_format)
        return refuse(400, fmt::format("Property {} must be set prior to saving data.",
                                       image.disk_format ? "container_format" : "disk_format"));
    image.status = "saving";
    return {};
}

Outcome<Response> upload(Parts parts, const Request& request) {
    VTPMLAB_CHECK(check_data_type(request));
    if (const std::string* store = request.headers.find("X-Image-Meta-Store");
        store && *store != "fast")
        return refuse(400, fmt::format("Store for identifier {} not found", *store));
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));
    VTPMLAB_TRY(const Image image, parts.store.change(seen.id, [&](Image& found) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, found, "upload_image"));
        return start_saving(found);
    }));
    const auto facts = receive(parts, image.id, image.owner, request);
    const auto ended = parts.store.change(image.id, [&](Image& found) -> Outcome<void> {
        found.updated_at = parts.clock.now();
        if (!facts) {
            found.status = "queued";
            return {};
        }
        found.status = "active";
        take_data(found, *facts);
        return {};
    });
    if (!ended) {
        parts.files.remove(image.id);
        return refuse(410, fmt::format("Image {} could not be found after upload. The image may "
                                       "have been deleted during the upload.",
                                       image.id));
    }
    if (!facts)
        return tl::unexpected(facts.error());
    return nothing();
}

Outcome<Response> download(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Image image, visible_image(parts.store, request));
    if (image.status == "deactivated" && !is_admin(*request.caller))
        return refuse(403, "The requested image has been deactivated. Image data download is "
                           "forbidden.");
    if (!image.has_data())
        return Response::empty(204);
    auto file = parts.files.read(image.id);
    if (!file)
        return no_image(image.id); // deleted a moment ago
    Response response;
    response.with("Content-Type", "application/octet-stream").with("Content-MD5", *image.md5);
    VTPMLAB_TRY(const auto range, byte_range(request.headers, file->length));
    if (range) {
        response.status = 206;
        response.with("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                   range->first + range->length - 1, file->length));
        file->offset = range->first;
        file->length = range->length;
    }
    response.file = std::move(*file);
    return response;
}

} // namespace

std::vector<http::Route> data_routes(Parts parts) {
    http::Route up{"PUT", "/v2/images/{image_id}/file",
                   [parts](const Request& request) { return upload(parts, request); }};
    up.body = http::Body::streamed;
    return {std::move(up), {"GET", "/v2/images/{image_id}/file", [parts](const Request& request) {
                                return download(parts, request);
                            }}};
}

} // namespace vtpmlab::fakes::glance
