#pragma once
// Who may see an image and who may change it: the owning project, administrators, projects it is
// shared with, everybody. What a caller may not see does not exist for him.

#include "glance/store.h"
#include "http/caller.h"
#include "http/message.h"

namespace vtpmlab::fakes::glance {

[[nodiscard]] bool is_admin(const http::Caller& caller);
[[nodiscard]] bool owns(const http::Caller& caller, const Image& image);

[[nodiscard]] bool may_see(Store& store, const http::Caller& caller, const Image& image);
// The image of the route's {image_id}, or a 404.
[[nodiscard]] http::Outcome<Image> visible_image(Store& store, const http::Request& request);

// For an image the caller sees: is it his to change? `action` is the policy's name, for the words.
[[nodiscard]] http::Outcome<void> may_change(const http::Caller& caller, const Image& image,
                                             std::string_view action);
[[nodiscard]] http::Outcome<void> may_create(const http::Caller& caller);
[[nodiscard]] http::Outcome<void> may_set_visibility(const http::Caller& caller,
                                                     std::string_view visibility);

} // namespace vtpmlab::fakes::glance
