#include "runner/micro_image.h"

#include "core/files.h"

#include <vtpmlab/witness_block.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;
using Deadline = std::chrono::steady_clock::time_point;

// The guest boots from no disk; it writes its witness to it.
constexpr std::size_t disk_bytes = 64 * 1024;

std::string disk_content() {
    std::array<unsigned char, witness_block::size> block;
    witness_block::prepare(block);
    std::string disk(disk_bytes, '\0');
    std::ranges::copy(block, disk.begin() + witness_block::offset);
    return disk;
}

struct Part {
    std::string name;
    std::string format;
    client::Body content;
    json properties = json::object();
};

Result<client::Body> boot_file(const MicroGuest& guest, const std::string& name) {
    if (guest.depth == Depth::model)
        return client::Body::bytes(
            fmt::format("placeholder for {}: nothing boots at model depth\n", name));
    const auto path = guest.directory / name;
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code))
        return fail(ErrorKind::lab, fmt::format("the micro guest has no '{}'", name), path.string(),
                    "build it with `cmake --build build/dev --target guest`, or name its "
                    "directory with --guest-dir");
    return client::Body::from_file(path);
}

// The guest's own command line, from the manifest beside it.
Result<std::string> command_line(const MicroGuest& guest) {
    if (guest.depth == Depth::model)
        return std::string(VTPMLAB_GUEST_COMMAND_LINE);
    const auto path = guest.directory / "manifest.json";
    VTPMLAB_TRY(const auto text, read_file(path));
    const json manifest = json::parse(text, nullptr, false);
    const auto found = manifest.find("command_line");
    if (!manifest.is_object() || found == manifest.end() || !found->is_string())
        return fail(ErrorKind::lab,
                    "the micro guest's manifest is no JSON object with a 'command_line'",
                    path.string(), "build the guest again");
    return found->get<std::string>();
}

Result<Answer> upload(client::Session& session, const Part& part, const std::string& visibility,
                      Deadline deadline) {
    json image = part.properties;
    image["name"] = part.name;
    image["container_format"] = part.format == "raw" ? "bare" : part.format;
    image["disk_format"] = part.format;
    image["visibility"] = visibility;
    ApiCall create;
    create.service = "image";
    create.method = "POST";
    create.path = "/v2/images";
    create.body = client::Body::json(image);
    VTPMLAB_TRY(auto created, call(session, create, deadline));
    if (!created.is_success())
        return created;
    ApiCall put;
    put.service = "image";
    put.method = "PUT";
    put.path = fmt::format("/v2/images/{}/file", created.body.at("id").get<std::string>());
    put.body = part.content;
    VTPMLAB_TRY(auto uploaded, call(session, put, deadline));
    return uploaded.is_success() ? created : uploaded;
}

} // namespace

Result<Answer> upload_micro_image(const MicroGuest& guest, BootImages& boot_images,
                                  client::Session& session, const ImageRequest& request,
                                  Deadline deadline) {
    // What an administrator uploads is for everybody, as the images of a cloud are.
    const std::string visibility = request.persona == "admin" ? "public" : "private";
    auto& [kernel_id, ramdisk_id] = boot_images;
    const std::string suffix = guest.depth == Depth::model ? " (placeholder)" : "";
    if (ramdisk_id.empty()) {
        VTPMLAB_TRY(auto kernel_file, boot_file(guest, "vmlinuz"));
        VTPMLAB_TRY(auto ramdisk_file, boot_file(guest, "initramfs"));
        VTPMLAB_TRY(auto kernel, upload(session, {"micro kernel" + suffix, "aki", kernel_file},
                                        visibility, deadline));
        if (!kernel.is_success())
            return kernel;
        VTPMLAB_TRY(auto ramdisk, upload(session, {"micro ramdisk" + suffix, "ari", ramdisk_file},
                                         visibility, deadline));
        if (!ramdisk.is_success())
            return ramdisk;
        kernel_id = kernel.body.at("id").get<std::string>();
        ramdisk_id = ramdisk.body.at("id").get<std::string>();
    }
    Part disk{request.name, "raw", client::Body::bytes(disk_content())};
    VTPMLAB_TRY(const auto kernel_command_line, command_line(guest));
    disk.properties = {{"kernel_id", kernel_id},
                       {"ramdisk_id", ramdisk_id},
                       {"os_command_line", kernel_command_line}};
    disk.properties.update(request.properties);
    return upload(session, disk, visibility, deadline);
}

} // namespace vtpmlab::runner
