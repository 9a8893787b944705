#pragma once
// Taking in the data of an image, whichever way it comes: limits, quotas, the disk's refusals.

#include "glance/data_files.h"
#include "glance/routes.h"

namespace vtpmlab::fakes::glance {

// The request's body into the file `name`, which has this name when it succeeds and is not there
// otherwise. `project` is who pays for it: spec: Glance's user_storage_quota.
[[nodiscard]] http::Outcome<DataFacts> receive(Parts parts, const std::string& name,
                                               const std::string& project,
                                               const http::Request& request);

// What a disk of this format is to a guest; nothing where that is not known.
[[nodiscard]] std::optional<std::int64_t> virtual_size(const Image& image, const DataFacts& facts);

// Size and digests into the image.
void take_data(Image& image, const DataFacts& facts);

// The one media type data comes in.
[[nodiscard]] http::Outcome<void> check_data_type(const http::Request& request);

[[nodiscard]] tl::unexpected<http::Fault> no_transition(const Image& image, std::string_view to);

} // namespace vtpmlab::fakes::glance
