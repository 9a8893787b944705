#pragma once
// The `_base` directory of a compute host: every image is downloaded once, with its checksum
// checked, and shared by the servers made from it.

#include "cloud/named_locks.h"
#include "cloud/neighbours/image_service.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <string>

namespace vtpmlab::cloud {

class ImageCache {
public:
    explicit ImageCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

    // The file of the image with that id; downloads it with the caller's rights when it is not
    // there yet. Two callers at once download it once.
    [[nodiscard]] Result<std::filesystem::path> fetch(ImageService& images, const std::string& id);

private:
    std::filesystem::path directory_;
    NamedLocks locks_;
};

} // namespace vtpmlab::cloud
