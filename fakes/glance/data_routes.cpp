// An image's data, up and down, in constant memory.

#include "glance/policy.h"
#include "glance/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace vtpmlab::fakes::glance {

using http::BodyRead;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;

namespace {

tl::unexpected<http::Fault> refused_write(SystemCode code) {
    if (code == ENOSPC || code == EFBIG || code == EDQUOT)
        return refuse(413, "Image storage media is full: There is not enough disk space on the "
                           "image storage media.");
    if (code == EACCES || code == EPERM || code == EROFS)
        return refuse(503, "Insufficient permissions on image storage media: Permission to write "
                           "image storage media denied.");
    return refuse(503, fmt::format("Error in store configuration: {}", std::strerror(code)));
}

// What a disk of this format is to a guest; nothing where that is not known.
std::optional<std::int64_t> virtual_size(const Image& image, const DataFacts& facts) {
    if (image.disk_format == "raw" || image.disk_format == "iso")
        return static_cast<std::int64_t>(facts.size);
    if (image.disk_format == "qcow2" && facts.head.size() >= 32 &&
        facts.head.compare(0, 4, "QFI\xfb") == 0) {
        std::uint64_t size = 0;
        for (std::size_t i = 24; i < 32; ++i)
            size = size << 8 | static_cast<unsigned char>(facts.head[i]);
        if (size <= std::uint64_t{1} << 62)
            return static_cast<std::int64_t>(size);
    }
    return std::nullopt;
}

Outcome<void> start_saving(Image& image) {
    if (image.status != "queued")
        return refuse(409, fmt::format("Image status transition from {} to saving is not allowed",
                                       image.status));
    if (!image.disk_format && !image.container_format)
        return refuse(400,
                      "Properties disk_format, container_format must be set prior to saving data.");
    if (!image.disk_format || !image.container_format)
        return refuse(400, fmt::format("Property {} must be set prior to saving data.",
                                       image.disk_format ? "container_format" : "disk_format"));
    image.status = "saving";
    return {};
}

// The body to the disk; the file has its final name when this succeeds.
Outcome<DataFacts> receive(Parts parts, const std::string& id, const Request& request) {
    const auto too_large = [&] {
        return refuse(413,
                      fmt::format("The incoming image is too large: the size limit is {} bytes",
                                  parts.image_size_cap));
    };
    if (request.content_length && *request.content_length > parts.image_size_cap)
        return too_large();
    const auto writer = parts.files.writer(id);
    SystemCode code = writer->open();
    if (code != 0)
        return refused_write(code);
    std::uint64_t taken = 0;
    const BodyRead read = request.stream([&](std::string_view piece) {
        taken += piece.size();
        if (taken <= parts.image_size_cap)
            code = writer->append(piece);
        return taken <= parts.image_size_cap && code == 0;
    });
    if (taken > parts.image_size_cap)
        return too_large();
    if (code != 0)
        return refused_write(code);
    if (read != BodyRead::complete)
        return refuse(400, "Error uploading image data: the request's body ended too early.");
    DataFacts facts;
    if (code = writer->finish(facts); code != 0)
        return refused_write(code);
    return facts;
}

Outcome<Response> upload(Parts parts, const Request& request) {
    if (request.headers.value("Content-Type") != "application/octet-stream")
        return unsupported_media_type(request);
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));
    VTPMLAB_TRY(const Image image, parts.store.change(seen.id, [&](Image& found) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, found, "upload_image"));
        return start_saving(found);
    }));
    const auto facts = receive(parts, image.id, request);
    const auto ended = parts.store.change(image.id, [&](Image& found) -> Outcome<void> {
        found.updated_at = parts.clock.now();
        if (!facts) {
            found.status = "queued";
            return {};
        }
        found.status = "active";
        found.size = static_cast<std::int64_t>(facts->size);
        found.virtual_size = virtual_size(found, *facts);
        found.md5 = facts->md5;
        found.sha512 = facts->sha512;
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

struct Range {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

// "bytes=2-5", "bytes=2-", "bytes=-5"; several ranges, or anything else, count as none.
std::optional<Range> range_of(std::string_view text, std::uint64_t size, bool& is_satisfiable) {
    is_satisfiable = true;
    constexpr std::string_view unit = "bytes=";
    if (text.substr(0, unit.size()) != unit)
        return std::nullopt;
    text.remove_prefix(unit.size());
    const auto dash = text.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
            return std::nullopt;
        return value;
    };
    const auto left = text.substr(0, dash), right = text.substr(dash + 1);
    const auto first = number(left), last = number(right);
    if ((!left.empty() && !first) || (!right.empty() && !last) || (!first && !last) ||
        (first && last && *last < *first))
        return std::nullopt;
    if (!first) {
        const std::uint64_t length = std::min(*last, size);
        is_satisfiable = length > 0;
        return Range{size - length, length};
    }
    is_satisfiable = *first < size;
    if (!is_satisfiable)
        return Range{};
    return Range{*first, (last ? std::min(*last, size - 1) : size - 1) - *first + 1};
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
    bool is_satisfiable = true;
    const std::uint64_t size = file->length;
    if (const auto range = range_of(request.headers.value("Range"), size, is_satisfiable)) {
        if (!is_satisfiable) {
            auto refusal = refuse(416, "The Range is outside of the image's data.");
            refusal.value().headers.set("Content-Range", fmt::format("bytes */{}", size));
            return refusal;
        }
        response.status = 206;
        response.with("Content-Range", fmt::format("bytes {}-{}/{}", range->first,
                                                   range->first + range->length - 1, size));
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
