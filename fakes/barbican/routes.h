#pragma once
// The table of Barbican's routes, and what its handlers share.

#include "barbican/policy.h"
#include "barbican/store.h"
#include "http/server.h"

#include <vtpmlab/clock.h>

#include <vector>

namespace vtpmlab::fakes::barbican {

inline constexpr http::Microversion consumers_since{1, 1};

struct Parts {
    Store& store;
    const Policy& policy;
    const Clock& clock;
};

[[nodiscard]] std::vector<http::Route> version_routes();
[[nodiscard]] std::vector<http::Route> secret_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> acl_routes(Parts parts);

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

// 403 in Barbican's words: "Secret retrieval attempt not allowed - …".
[[nodiscard]] tl::unexpected<http::Fault> not_allowed(std::string_view operation);

// 415 unless the request's content type (without parameters) is one of these.
[[nodiscard]] http::Outcome<void> need_content_type(const http::Request& request,
                                                    const std::vector<std::string>& allowed);

// The secret the path names, once the caller may do that to it. It is looked up across projects:
// another project's secret is forbidden, not missing (spec: nova-vtpm §KEY-2).
[[nodiscard]] http::Outcome<Secret> allowed_secret(Parts parts, const http::Request& request,
                                                   std::string_view action,
                                                   std::string_view operation);

[[nodiscard]] std::string secret_ref(const http::Request& request, std::string_view id);

} // namespace vtpmlab::fakes::barbican
