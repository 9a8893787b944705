#pragma once
// The one thing read from a host's capabilities: who it is.

#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::xml {

[[nodiscard]] Result<std::string> parse_host_uuid(std::string_view capabilities);

} // namespace vtpmlab::xml
