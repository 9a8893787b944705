#pragma once
// From flavor and image to the query Nova's scheduler sends to Placement.
// spec: nova-vtpm §2.2

#include "cloud/neighbours/placement.h"
#include "cloud/state/records.h"

#include <vtpmlab/release_profile.h>
#include <vtpmlab/tpm_rules.h>

#include <tl/expected.hpp>

#include <set>
#include <string>

namespace vtpmlab::cloud {

struct ResourceRequest {
    Resources resources;
    std::set<std::string> required; // the unsuffixed group
    std::set<std::string> forbidden;
    std::set<std::string> root_required;
    std::set<std::string> root_forbidden;
    std::string in_tree; // the provider of a host that was asked for by name

    // "limit=1000&required=…&resources=…&root_required=…", percent-encoded.
    [[nodiscard]] std::string query() const;
};

// The error is the text of the exception the scheduler dies of, which the server's fault shows.
// spec: nova-vtpm §REQ-8
[[nodiscard]] tl::expected<ResourceRequest, std::string>
resource_request(const ReleaseProfile& profile, const Flavor& flavor, const ImageCopy& image);

} // namespace vtpmlab::cloud
