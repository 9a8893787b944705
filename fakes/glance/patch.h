#pragma once
// JSON patches of images (application/openstack-images-v2.1-json-patch, and the older 2.0 form):
// add, replace and remove of whole fields and properties.

#include "glance/image.h"
#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::glance {

inline constexpr std::string_view patch_type_2_1 = "application/openstack-images-v2.1-json-patch";
inline constexpr std::string_view patch_type_2_0 = "application/openstack-images-v2.0-json-patch";

enum class PatchForm { v2_0, v2_1 };

struct Operation {
    enum class Kind { add, replace, remove };
    Kind kind = Kind::add;
    std::string field;
    std::string value; // JSON text; "" for remove
};

// Everything that can be said without knowing the image is said here.
[[nodiscard]] http::Outcome<std::vector<Operation>> parse_patch(const nlohmann::json& body,
                                                                PatchForm form);
[[nodiscard]] http::Outcome<void> apply(const Operation& operation, Image& image);

} // namespace vtpmlab::fakes::glance
