#pragma once
// Nova's policy defaults for the calls there are: who may do what, and the 403 in Nova's words.

#include "http/caller.h"
#include "http/fault.h"

#include <vtpmlab/release_profile.h>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

[[nodiscard]] bool is_admin(const http::Caller& caller);

enum class Need {
    admin,          // anywhere
    project_member, // of the target's project, or admin
    project_reader, // likewise
    migrator,       // a manager of the target's project where the release has that role, or admin
    anyone,         // any token
};

// `rule` is named in the refusal: "os_compute_api:servers:create". `project_id` is the target's.
[[nodiscard]] http::Outcome<void> authorize(const ReleaseProfile& profile,
                                            const http::Caller& caller, Need need,
                                            std::string_view rule, const std::string& project_id);

} // namespace vtpmlab::cloud
