#include "glance/policy.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::glance {

using http::Caller;
using http::Outcome;

namespace {

tl::unexpected<http::Fault> forbidden(std::string_view action) {
    return http::refuse(403, fmt::format("You are not authorized to complete {} action.", action));
}

} // namespace

bool is_admin(const Caller& caller) { return caller.has_role("admin"); }

bool owns(const Caller& caller, const Image& image) {
    return !caller.project_id.empty() && caller.project_id == image.owner;
}

bool may_see(Store& store, const Caller& caller, const Image& image) {
    if (image.visibility == "public" || image.visibility == "community" || owns(caller, image) ||
        is_admin(caller))
        return true;
    // Whoever was offered a shared image may look at it before accepting.
    return image.visibility == "shared" && store.member(image.id, caller.project_id);
}

Outcome<Image> visible_image(Store& store, const http::Request& request) {
    const std::string& id = request.parameter("image_id");
    auto image = store.find(id);
    if (!image || !may_see(store, *request.caller, *image))
        return no_image(id);
    return std::move(*image);
}

Outcome<void> may_change(const Caller& caller, const Image& image, std::string_view action) {
    if (is_admin(caller) || (owns(caller, image) && caller.has_role("member")))
        return {};
    return forbidden(action);
}

Outcome<void> may_create(const Caller& caller) {
    if (is_admin(caller) || (caller.has_role("member") && !caller.project_id.empty()))
        return {};
    return forbidden("add_image");
}

Outcome<void> may_set_visibility(const Caller& caller, std::string_view visibility) {
    if (visibility == "public" && !is_admin(caller))
        return forbidden("publicize_image");
    return {};
}

} // namespace vtpmlab::fakes::glance
