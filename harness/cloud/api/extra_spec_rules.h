#pragma once
// Nova's validators of flavor extra specs, asked from microversion 2.86 on: each key alone, by a
// table; unknown keys are refused only in the namespaces Nova knows.
// spec: nova-vtpm §REQ-4

#include <vtpmlab/release_profile.h>

#include <optional>
#include <string>

namespace vtpmlab::cloud {

// The text of the ValidationError, or nothing.
[[nodiscard]] std::optional<std::string> extra_spec_violation(const ReleaseProfile& profile,
                                                              const std::string& key,
                                                              const std::string& value);

} // namespace vtpmlab::cloud
