#include "cloud/compute/image_cache.h"

#include "core/files.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

Result<std::filesystem::path> ImageCache::fetch(ImageService& images, const std::string& id) {
    const auto file = directory_ / id;
    const auto held = locks_.hold(id);
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        return file;
    VTPMLAB_TRY(const auto image, images.show(id));
    if (!image)
        return fail(ErrorKind::product, fmt::format("Image {} could not be found.", id));
    VTPMLAB_CHECK(make_directories(directory_));
    VTPMLAB_CHECK(images.download(*image, file));
    return file;
}

} // namespace vtpmlab::cloud
