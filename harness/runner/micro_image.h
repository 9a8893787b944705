#pragma once
// The micro guest as Glance images: kernel, ramdisk, and a disk that refers to both, as a cloud
// keeps an image that boots directly. At model depth nothing boots, so a few bytes that say so are
// uploaded in their place.

#include "client/session.h"
#include "runner/api.h"

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

namespace vtpmlab::runner {

// Where its files are, and how much of them is wanted.
struct MicroGuest {
    Depth depth = Depth::guest;
    std::filesystem::path directory; // of vmlinuz, initramfs and manifest.json
};

// The Glance ids of kernel and ramdisk, once they are uploaded; disks of one person share them.
using BootImages = std::pair<std::string, std::string>;

struct ImageRequest {
    std::string name;
    std::string persona; // who uploads
    nlohmann::json properties = nlohmann::json::object();
};

// The answer to the creation of the disk image, or of whatever was refused on the way.
[[nodiscard]] Result<Answer> upload_micro_image(const MicroGuest& guest, BootImages& boot_images,
                                                client::Session& session,
                                                const ImageRequest& request,
                                                std::chrono::steady_clock::time_point deadline);

} // namespace vtpmlab::runner
