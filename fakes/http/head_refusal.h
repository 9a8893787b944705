#pragma once
// The kit answers HEAD as GET without the body, as the standard says. Not every real service does.

#include "http/server.h"

#include <memory>
#include <vector>

namespace vtpmlab::http {

enum class HeadRefused { with_token, everywhere };

// The table, and a row before each GET row that needs a token, or before each at all: HEAD is
// refused there with 405 in the words of `dialect`, which names the methods of that path.
[[nodiscard]] std::vector<Route> without_head(std::vector<Route> routes,
                                              const std::shared_ptr<const Dialect>& dialect,
                                              HeadRefused where);

} // namespace vtpmlab::http
