#pragma once
// The two namespaces about TPMs that Glance is delivered with, in the order they are loaded. The
// first writes `traits:`, plural, which Nova ignores. spec: nova-vtpm §REQ-12

#include <string_view>

namespace vtpmlab::fakes::glance {

extern const std::string_view standard_metadefs_text;

} // namespace vtpmlab::fakes::glance
