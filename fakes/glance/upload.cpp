#include "glance/upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace vtpmlab::fakes::glance {

using http::BodyRead;
using http::Outcome;
using http::refuse;
using http::Request;

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

tl::unexpected<http::Fault> too_large() {
    return refuse(413, "The incoming image is too large: The provided image is too large.");
}

tl::unexpected<http::Fault> beyond_quota(std::uint64_t size, std::uint64_t left) {
    return refuse(413, fmt::format("Image exceeds the storage quota: The size of the data {} will "
                                   "exceed the limit. {} bytes remaining.",
                                   size, left));
}

// What the project may still store; everything where there is no quota.
std::uint64_t room_of(Parts parts, const std::string& project) {
    if (parts.limits.user_storage == 0)
        return std::numeric_limits<std::uint64_t>::max();
    std::uint64_t used = 0;
    parts.store.visit(nullptr, [&](const Image& image) {
        if (image.owner == project)
            used += static_cast<std::uint64_t>(image.size.value_or(0));
        return true;
    });
    return parts.limits.user_storage - std::min(used, parts.limits.user_storage);
}

} // namespace

Outcome<DataFacts> receive(Parts parts, const std::string& name, const std::string& project,
                           const Request& request) {
    const std::uint64_t cap = parts.limits.image_size;
    const std::uint64_t room = room_of(parts, project);
    if (request.content_length && *request.content_length > cap)
        return too_large();
    if (request.content_length && *request.content_length > room)
        return beyond_quota(*request.content_length, room);
    const auto writer = parts.files.writer(name);
    SystemCode code = writer->open();
    if (code != 0)
        return refused_write(code);
    std::uint64_t taken = 0;
    const BodyRead read = request.stream([&](std::string_view piece) {
        taken += piece.size();
        const bool fits = taken <= cap && taken <= room;
        if (fits)
            code = writer->append(piece);
        return fits && code == 0;
    });
    if (taken > cap)
        return too_large();
    if (taken > room)
        return beyond_quota(taken, room);
    if (code != 0)
        return refused_write(code);
    if (read != BodyRead::complete)
        return refuse(400, "Error uploading image data: the request's body ended too early.");
    DataFacts facts;
    if (code = writer->finish(facts); code != 0)
        return refused_write(code);
    return facts;
}

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

void take_data(Image& image, const DataFacts& facts) {
    image.size = static_cast<std::int64_t>(facts.size);
    image.virtual_size = virtual_size(image, facts);
    image.md5 = facts.md5;
    image.sha512 = facts.sha512;
}

Outcome<void> check_data_type(const Request& request) {
    if (request.headers.value("Content-Type") != "application/octet-stream")
        return unsupported_media_type(request);
    return {};
}

tl::unexpected<http::Fault> no_transition(const Image& image, std::string_view to) {
    return refuse(
        409, fmt::format("Image status transition from {} to {} is not allowed", image.status, to));
}

} // namespace vtpmlab::fakes::glance
