#pragma once
// The micro guest as Glance images: kernel, ramdisk, and a disk that refers to both, as a cloud
// keeps an image that boots directly. At model depth nothing boots, so a few bytes that say so are
// uploaded in their place.

#include "client/session.h"
#include "runner/api.h"
#include "runner/case_context.h"

#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace vtpmlab::runner {

struct ImageRequest {
    std::string name;
    std::string persona; // who uploads
    nlohmann::json properties = nlohmann::json::object();
};

// The answer to the creation of the disk image, or of whatever was refused on the way.
[[nodiscard]] Result<Answer> upload_micro_image(CaseContext& context, client::Session& session,
                                                const ImageRequest& request, Deadline deadline);

} // namespace vtpmlab::runner
